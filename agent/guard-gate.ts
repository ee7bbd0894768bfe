import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe } from "../protocol/problem.ts";
import type { Clock, Log } from "./effects.ts";
import type { NftablesGate } from "./linux/nftables.ts";

/** A look at the table even when the kernel announced no change. */
const everyMs = 30_000;
/** Changes that come together (also our own) are looked at once. */
const settleMs = 20;

/**
 * Watches for changes of the ruleset by anybody and repairs the gate. `nft monitor` waits in the
 * kernel, so that an idle instance costs nothing and a flush is noticed in milliseconds.
 */
export async function guardGate(
  gate: NftablesGate,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<never> {
  let changed = () => {};
  watchRuleset(() => changed(), clock);
  for (;;) {
    const noticed = new Promise<void>((resolve) => {
      changed = resolve;
    });
    await Promise.race([noticed, clock.sleep(everyMs)]);
    await clock.sleep(settleMs);
    const from = clock.monotonicMs();
    try {
      if (await gate.repair()) {
        log("gate.outage", {
          note: "connections made meanwhile were refused by the front ports",
          repairMs: Math.round(clock.monotonicMs() - from),
        });
      }
    } catch (error) {
      log("gate.repair.failed", { error: describe(error) });
    }
  }
}

function watchRuleset(changed: () => void, clock: Clock): void {
  const monitor = spawn("nft", ["monitor"], { stdio: ["ignore", "pipe", "ignore"] });
  createInterface({ input: monitor.stdout }).on("line", changed);
  monitor.on("error", () => {});
  monitor.on("close", async () => {
    await clock.sleep(1000);
    watchRuleset(changed, clock);
  });
}
