import { describe } from "../../lib/problem.ts";
import { signal } from "../../lib/signal.ts";
import type { Clock, Log } from "../core/effects.ts";
import type { NftablesGate } from "./nftables.ts";

/** A look at the table even when the kernel announced no change. */
const everyMs = 30_000;
/** Changes that come together (also our own) are looked at once. */
const settleMs = 20;
/** After an intact look: somebody who changes other tables all the time must not cost a core. */
const floorMs = 1000;

/**
 * Calls for each change of the ruleset by anybody, for as long as the agent lives.
 *
 * @param changed gets whether something of the gate itself was removed: that waits for nothing.
 */
export type WatchRuleset = (changed: (isRemoved: boolean) => void, clock: Clock) => void;

/**
 * Repairs the gate after changes of the ruleset by anybody, and tells since when it may have been
 * out. It begins with a gate that is intact.
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
    change.give();
    if (isRemoved) removal.give();
  }, clock);
  void every(everyMs, clock, change.give);
  let intactAt = clock.now();
  let failure = "";
  for (;;) {
    await change.given();
    const noticedAt = clock.now();
    await clock.sleep(settleMs);
    change.take();
    removal.take();
    const lookedAt = clock.now();
    const from = clock.monotonicMs();
    try {
      const wasBroken = await gate.reconcile();
      if (wasBroken) {
        log("gate.outage", {
          note: "connections made meanwhile went through this agent's own listeners on the front ports",
          // Intact for the last time that anybody looked; it broke after this.
          since: intactAt.toISOString(),
          noticed: noticedAt.toISOString(),
          repairMs: Math.round(clock.monotonicMs() - from),
        });
      }
      intactAt = wasBroken ? clock.now() : lookedAt;
      failure = "";
      if (!wasBroken) await Promise.race([clock.sleep(floorMs), removal.given()]);
    } catch (error) {
      if (describe(error) !== failure) log("gate.repair.failed", { error: describe(error) });
      failure = describe(error);
      // Nothing is served while it is out, and nobody may change it again.
      await clock.sleep(floorMs);
      change.give();
    }
  }
}

/** One timer, however often something else comes first. */
async function every(ms: number, clock: Clock, act: () => void): Promise<never> {
  for (;;) {
    await clock.sleep(ms);
    act();
  }
}
