import type { Clock, Environment, OneShotUnit } from "../core/effects.ts";
import { gistOf } from "./process-end.ts";
import { redact } from "./redact.ts";

/** Between looks at the unit of this instance. */
export const unitIntervalMs = 500;

/** A few of the longest lines of the journal would not fit into a document. */
const longestLine = 500;

export const cutError =
  "it was cut: its machine or its agent ended, and nobody knows how far it came";

/** How a run of a one-shot unit ended, without values of its environment. */
export interface OneShotEnd {
  /** Why it failed, with the gist of its log; undefined if it did not. */
  readonly error: string | undefined;
  /** The last lines that it wrote. */
  readonly output: string[];
}

/** Waits until a run of a one-shot unit has ended. */
export async function oneShotEnd(
  unit: OneShotUnit,
  environment: Environment,
  clock: Pick<Clock, "sleep">,
): Promise<OneShotEnd> {
  const why = await failureOf(unit, clock);
  const lines = await unit.lastLines();
  const gist = why === undefined ? undefined : gistOf(lines, environment);
  return {
    error: gist === undefined ? why : `${why}; its log: ${gist}`,
    output: lines
      .filter((line) => line !== "")
      .map((line) => redact(line, environment).slice(0, longestLine)),
  };
}

async function failureOf(
  unit: OneShotUnit,
  clock: Pick<Clock, "sleep">,
): Promise<string | undefined> {
  for (;;) {
    const state = await unit.state();
    if (state === "done") return undefined;
    if (state === "none") return cutError;
    if (state !== "running") return state.failed;
    await clock.sleep(unitIntervalMs);
  }
}

/** A run is over after its timeouts and this, whatever became of it: systemd kills it before. */
const marginSeconds = 60;

/** Consul may just have come back: so long its instance has to write how it ended. */
const unwrittenMs = 15_000;

type Times = Readonly<Record<"timeoutSeconds" | "stopTimeoutSeconds", number>>;

/** By when a run must have ended: after its timeout, and the stop that follows. */
export const endsBy = (
  startedAt: string,
  { timeoutSeconds, stopTimeoutSeconds }: Times,
): string => {
  const boundMs = (timeoutSeconds + stopTimeoutSeconds + marginSeconds) * 1000;
  return new Date(Date.parse(startedAt) + boundMs).toISOString();
};

/** A run on another instance, and since when this agent has read of it without a failure. */
interface RunElsewhere extends Times {
  readonly startedAt: string;
  /** By the file of its own instance; without it the times count, which are those of the file here. */
  readonly endsBy?: string | undefined;
  readonly readSinceMs: number;
}

/** Whether a run on another instance must have ended, though nobody wrote how. */
export function mustHaveEnded(
  { readSinceMs, ...run }: RunElsewhere,
  clock: Pick<Clock, "now" | "monotonicMs">,
): "yes" | "no" | "soon" {
  const endMs = Date.parse(run.endsBy ?? endsBy(run.startedAt, run));
  if (clock.now().getTime() <= endMs) return "no";
  return clock.monotonicMs() - readSinceMs < unwrittenMs ? "soon" : "yes";
}
