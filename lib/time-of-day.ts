/** Formats a document's time as `21:04:10 UTC`. */
export const timeOfDay = (time: string) => `${new Date(time).toISOString().slice(11, 19)} UTC`;
