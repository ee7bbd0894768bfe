/** How long a collector is waited for, in milliseconds. */
export const collectorMs = 10_000;

/** The child that sends is ended after this, whatever holds it; it reads its headers before. */
export const sendingMs = 2 * collectorMs;
