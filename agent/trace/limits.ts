/** Longest wait for a collector, in milliseconds. */
export const collectorMs = 10_000;

/** Longest time of the child that sends; it also reads its headers first. */
export const sendingMs = 2 * collectorMs;
