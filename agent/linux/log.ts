import type { Log } from "../core/effects.ts";

/** Writes one line of JSON for each event on stdout, where journald takes it. */
export const jsonLog: Log = (event, fields = {}) => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
};
