import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { WatchRuleset } from "./ruleset-watchdog.ts";

const againAfterMs = 1000;
/** Removals that take the gate out. The agent's own changes remove only elements. */
const removed = /^delete (table|chain|rule|set|map) inet shoestring\b/;

/**
 * `nft monitor` waits in the kernel, so that an idle instance costs nothing and a flush is noticed
 * in milliseconds.
 */
export const watchRuleset: WatchRuleset = (changed, clock) => {
  const monitor = spawn("nft", ["monitor"], { stdio: ["ignore", "pipe", "ignore"] });
  createInterface({ input: monitor.stdout }).on("line", (line) => changed(removed.test(line)));
  monitor.on("error", () => {});
  monitor.on("close", async () => {
    await clock.sleep(againAfterMs);
    watchRuleset(changed, clock);
  });
};
