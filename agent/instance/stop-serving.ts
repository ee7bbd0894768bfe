import { describe } from "../../lib/problem.ts";
import type { OneShotUnit } from "../core/effects.ts";
import { type Retiring, retireAll } from "../roll/retire.ts";

export interface StopServingContext extends Retiring {
  /** The unit of the step before a release. */
  readonly before: OneShotUnit;
  /** The unit of a scheduled command. */
  readonly unitOf: (name: string) => OneShotUnit;
}

interface Command {
  readonly name: string;
  readonly unit: OneShotUnit;
  readonly timeoutSeconds: number;
}

const lookMs = 1000;
/** Longest time for systemd to kill a command that did not stop in its time. */
const killedWithinSeconds = 10;
/** Time to write how a command ended, which the fleet would else believe to run on. */
const reportMs = 5000;

/**
 * Ends the work of a service on an instance that its group ends: drains and stops its processes,
 * and lets a step before a release or a scheduled command that runs here end by itself, up to its
 * timeout. Never rejects.
 */
export async function stopServing(deps: StopServingContext): Promise<void> {
  const commands = commandsOf(deps).map((command) => untilEnded(deps, command));
  await Promise.all([retireAll(deps), ...commands]);
}

const commandsOf = ({ service, before, unitOf }: StopServingContext): Command[] => [
  ...(service.before ? [{ ...service.before, name: "before", unit: before }] : []),
  ...Object.entries(service.cron ?? {}).map(([name, { timeoutSeconds }]) => {
    return { name, unit: unitOf(name), timeoutSeconds };
  }),
];

async function untilEnded(
  { service, clock, log }: StopServingContext,
  { name, unit, timeoutSeconds }: Command,
): Promise<void> {
  const about = { service: service.service, command: name };
  const boundSeconds = timeoutSeconds + service.stopTimeoutSeconds + killedWithinSeconds;
  const deadline = clock.monotonicMs() + boundSeconds * 1000;
  for (let hasRun = false; ; hasRun = true) {
    // Without an answer it may run.
    const state = await unit.state().catch((error: unknown) => {
      log("leave.unknown", { ...about, error: describe(error) });
      return "running";
    });
    if (state !== "running") return hasRun ? clock.sleep(reportMs) : undefined;
    if (!hasRun) log("leave.wait", about);
    if (clock.monotonicMs() >= deadline) return log("leave.cut", { ...about, boundSeconds });
    await clock.sleep(lookMs);
  }
}
