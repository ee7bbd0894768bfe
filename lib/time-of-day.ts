/** `21:04:10 UTC`, of a time as documents have it. */
export const timeOfDay = (time: string) => `${new Date(time).toISOString().slice(11, 19)} UTC`;
