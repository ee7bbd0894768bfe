import { describe } from "../protocol/problem.ts";
import type { Clock, Log } from "./effects.ts";
import type { NftablesGate } from "./linux/nftables.ts";

/** A look at the table even when the kernel announced no change. */
const everyMs = 30_000;
/** Changes that come together (also our own) are looked at once. */
const settleMs = 20;

/** Calls for each change of the ruleset by anybody, for as long as the agent lives. */
export type WatchRuleset = (changed: () => void, clock: Clock) => void;

/**
 * Repairs the gate after changes of the ruleset by anybody, and tells since when it may have been
 * out. It begins with a gate that is intact.
 */
export async function guardGate(
  gate: Pick<NftablesGate, "repair">,
  {
    clock,
    log,
    watchRuleset,
  }: { readonly clock: Clock; readonly log: Log; readonly watchRuleset: WatchRuleset },
): Promise<never> {
  let changed = () => {};
  let intactAt = clock.now();
  watchRuleset(() => changed(), clock);
  for (;;) {
    const noticed = new Promise<void>((resolve) => {
      changed = resolve;
    });
    await Promise.race([noticed, clock.sleep(everyMs)]);
    const noticedAt = clock.now();
    await clock.sleep(settleMs);
    const lookedAt = clock.now();
    const from = clock.monotonicMs();
    try {
      const wasBroken = await gate.repair();
      if (wasBroken) {
        log("gate.outage", {
          note: "connections made meanwhile were refused by the front ports",
          // Intact for the last time that anybody looked; it broke after this.
          since: intactAt.toISOString(),
          noticed: noticedAt.toISOString(),
          repairMs: Math.round(clock.monotonicMs() - from),
        });
      }
      intactAt = wasBroken ? clock.now() : lookedAt;
    } catch (error) {
      log("gate.repair.failed", { error: describe(error) });
    }
  }
}
