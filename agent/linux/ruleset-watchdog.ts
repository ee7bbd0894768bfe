import { logOnChange } from "../../lib/log-on-change.ts";
import { signal } from "../../lib/signal.ts";
import type { Clock, Log } from "../core/effects.ts";
import type { NftablesGate } from "./nftables.ts";

/** Interval of looks at the table without a change announced by the kernel. */
const everyMs = 30_000;
/** Debounce: changes that come together, also the agent's own, cost one look. */
const settleMs = 20;
/** Pause after an intact look: a program that keeps changing other tables must not cost a core. */
const floorMs = 1000;

/**
 * Calls `changed` for each change of the ruleset by any program, for as long as the agent lives.
 *
 * @param changed gets whether a part of the gate itself was removed: its repair waits for no pause.
 */
export type WatchRuleset = (changed: (isRemoved: boolean) => void, clock: Clock) => void;

/**
 * Repairs the gate after changes of the ruleset, and logs since when it may have been out. The gate
 * must be intact at the start.
 */
export async function runRulesetWatchdog(
  gate: Pick<NftablesGate, "reconcile">,
  {
    clock,
    log,
    watchRuleset,
  }: { readonly clock: Clock; readonly log: Log; readonly watchRuleset: WatchRuleset },
): Promise<never> {
  const change = signal();
  const removal = signal();
  watchRuleset((isRemoved) => {
    change.set();
    if (isRemoved) removal.set();
  }, clock);
  void every(everyMs, clock, change.set);
  let intactAt = clock.now();
  const logError = logOnChange((error) => log("gate.repair.failed", { error }));
  for (;;) {
    await change.wait();
    const noticedAt = clock.now();
    await clock.sleep(settleMs);
    change.clear();
    removal.clear();
    const lookedAt = clock.now();
    const from = clock.monotonicMs();
    try {
      const wasBroken = await gate.reconcile();
      if (wasBroken) {
        log("gate.outage", {
          note: "connections made meanwhile went through this agent's own listeners on the front ports",
          // The last look that found the gate intact; it broke after this.
          since: intactAt.toISOString(),
          noticed: noticedAt.toISOString(),
          repairMs: Math.round(clock.monotonicMs() - from),
        });
      }
      intactAt = wasBroken ? clock.now() : lookedAt;
      logError.clear();
      if (!wasBroken) await Promise.race([clock.sleep(floorMs), removal.wait()]);
    } catch (error) {
      logError(error);
      // Look again without waiting for a change: the gate is out, and none may come.
      await clock.sleep(floorMs);
      change.set();
    }
  }
}

/** Acts at an interval with one timer, however many changes come between. */
async function every(ms: number, clock: Clock, act: () => void): Promise<never> {
  for (;;) {
    await clock.sleep(ms);
    act();
  }
}
