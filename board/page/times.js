/** Formats times and durations. Pure: the current time is passed in. */

/**
 * `12 s ago`.
 *
 * @param {string} time ISO 8601
 * @param {number} now milliseconds
 */
export function ago(time, now) {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 60 * 60) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 48 * 60 * 60) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}

/**
 * `0.4 s`, `34 s`, `2 min 05 s`.
 *
 * @param {number} seconds
 * @param {number} digits of a time below ten seconds
 */
export function duration(seconds, digits = 1) {
  if (seconds < 9.95) return `${seconds.toFixed(digits)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

/**
 * Seconds for a clock: whole ones, so that it ticks evenly.
 *
 * @param {string} from ISO 8601
 * @param {number} now milliseconds
 */
export const secondsSince = (from, now) => Math.max(0, Math.floor((now - Date.parse(from)) / 1000));

/**
 * The exact time, in the reader's time zone.
 *
 * @param {string} time ISO 8601
 */
export const exactly = (time) =>
  new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
