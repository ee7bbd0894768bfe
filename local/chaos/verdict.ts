import { setTimeout as pause } from "node:timers/promises";
import type { Load } from "../load/load.ts";
import type { Excuse } from "./faults.ts";

/** The load balancer waits 5 s for a connection to an instance that is gone. */
const lastAnswersMs = 6000;

/**
 * Counts the lost requests. Excused are only those that began while a ruleset was flushed, or from
 * just before a power cut until the load balancer had noticed it.
 *
 * @returns the sum, in words.
 * @throws Error with the sum, if any other request was lost.
 */
export async function verdict(
  load: Pick<Load, "window" | "stop">,
  excuses: readonly Excuse[],
  wait: (ms: number) => Promise<void> = pause,
): Promise<string> {
  await wait(lastAnswersMs);
  let excused = 0;
  for (const { from, to } of merged(excuses)) excused += (await load.window(from, to)).lost;
  const { requests, lost, errors } = await load.stop();
  const during = excuses.map(({ why, from, to }) => `${why} (${to - from} ms)`).join(", ");
  const sum = `${requests} requests: ${lost - excused} lost, and ${excused} during ${during || "nothing"}`;
  if (lost > excused) throw new Error(`${sum}; ${JSON.stringify(errors)}`);
  return sum;
}

/** Stretches that overlap become one, so that no request counts twice. */
function merged(stretches: readonly Excuse[]): { from: number; to: number }[] {
  const list: { from: number; to: number }[] = [];
  for (const { from, to } of [...stretches].sort((a, b) => a.from - b.from)) {
    const last = list.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else list.push({ from, to });
  }
  return list;
}
