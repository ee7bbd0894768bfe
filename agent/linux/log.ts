import type { Log } from "../core/effects.ts";

/** Where lines go; journald takes both, and shows the second one on the machine's console, too. */
export interface LogStreams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/**
 * A log that writes a line of JSON for each event. Failures go to stderr, which an instance also shows on its
 * console: AWS keeps that for a while when nobody can get onto the instance any more.
 */
export const jsonLogTo =
  ({ stdout, stderr }: LogStreams): Log =>
  (event, fields = {}) => {
    const isFailure = "error" in fields || /\.(failed|abandoned)$/.test(event);
    const line = { time: new Date().toISOString(), event, ...fields };
    (isFailure ? stderr : stdout).write(`${JSON.stringify(line)}\n`);
  };

/** The log of this process. */
export const jsonLog: Log = jsonLogTo(process);
