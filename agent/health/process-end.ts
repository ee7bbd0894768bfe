import type { Environment, ProcessEnd } from "../core/effects.ts";
import { redact } from "./redact.ts";

const longestLine = 200;

/** Matches a line that says why, in the words of most languages and shells. */
const reasonPattern =
  /error|exception|fatal|panic|cannot|can't|failed|refused|denied|not found|no such|killed|out of memory/i;

/** Describes how a process ended by itself, without its log. */
export function describeEnd({ result, code, status }: ProcessEnd): string {
  if (result === "oom-kill") return "it was killed, the kernel was out of memory";
  if (result === "watchdog") return "it did not answer the supervisor's watchdog";
  if (code === "none") return `systemd could not start it: ${result}`;
  if (code === "exited" && status === "0") {
    return "it exited with status 0, though nobody stopped it";
  }
  if (code === "exited") return `it exited with status ${status}`;
  return `it was killed by SIG${status}${code === "dumped" ? ", with a core dump" : ""}`;
}

/**
 * The line of a log that says most about the end of its process: the last one with a word of
 * failure, else the last one. Values of the environment are redacted.
 */
export function gistOf(lines: readonly string[], environment: Environment): string | undefined {
  const trimmed = lines.map((line) => line.trim()).filter((line) => line !== "");
  const gist =
    trimmed.findLast((line) => reasonPattern.test(line) && !/^at /.test(line)) ?? trimmed.at(-1);
  if (gist === undefined) return undefined;
  const safe = redact(gist, environment);
  return safe.length > longestLine ? `${safe.slice(0, longestLine - 1)}…` : safe;
}
