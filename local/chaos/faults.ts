import { setTimeout as pause } from "node:timers/promises";
import {
  powerOffInstance,
  startConsulAgain,
  startInstance,
  startMotoAgain,
  stopConsul,
  stopMoto,
  targetStates,
  waitBooted,
} from "../region/index.ts";
import type { RegionUnderTest } from "../testing/region-under-test.ts";
import { until } from "../testing/until.ts";
import type { FaultName } from "./plan.ts";

/** A stretch of the wall clock in which requests that were begun may be lost, and why. */
export interface Excuse {
  readonly why: FaultName;
  readonly from: number;
  readonly to: number;
}

/** Does something to the region, waits, and mends it. Says what it excuses: mostly nothing. */
type Fault = (on: RegionUnderTest, instance: string, forMs: number) => Promise<Excuse[]>;

/** A request that was begun this long before a cut may be inside the instance. */
const inFlightMs = 300;

export const faults: Readonly<Record<FaultName, Fault>> = {
  async "agent killed"(on, instance, forMs) {
    // systemd starts it again at once: killed for a while is killed again and again.
    const until_ = Date.now() + forMs;
    do {
      await on.on(instance, "systemctl", "kill", "--signal=KILL", "shoestring-agent");
      await pause(700);
    } while (Date.now() < until_);
    return [];
  },
  async "Consul away"(on, _, forMs) {
    await stopConsul(on.region);
    await pause(forMs);
    await startConsulAgain(on.region);
    return [];
  },
  async "S3 away"(on, _, forMs) {
    await stopMoto(on.region);
    await pause(forMs);
    await startMotoAgain(on.region);
    return [];
  },
  // The front ports lead nowhere until the agent has seen it.
  async "ruleset flushed"(on, instance) {
    const from = Date.now() - inFlightMs;
    await on.on(instance, "nft", "flush", "ruleset");
    await until("repaired table", async () =>
      (await on.on(instance, "nft", "list", "table", "inet", "shoestring")).includes("redirect"),
    );
    return [{ why: "ruleset flushed", from, to: Date.now() + inFlightMs }];
  },
  // What the instance had accepted is gone with it; what comes until the load balancer knows, too.
  async "power cut"(on, instance, forMs) {
    const from = Date.now() - inFlightMs;
    await powerOffInstance(on.region, instance);
    await until("a load balancer that knows", async () => {
      const state = (await targetStates(on.region)).get(instance);
      return state !== undefined && state !== "UP" && !state.startsWith("UP ");
    });
    const excuse: Excuse = { why: "power cut", from, to: Date.now() };
    await pause(forMs);
    await startInstance(on.region, instance);
    await waitBooted(on.region, instance, () => {});
    return [excuse];
  },
  async "disk full"(on, instance, forMs) {
    const file = `${releases}/.full`;
    await on.on(instance, "sh", "-c", `head -c 1G /dev/zero > ${file} 2> /dev/null || true`);
    await pause(forMs);
    await on.on(instance, "rm", "-f", file);
    return [];
  },
};

const releases = "/srv/web/releases";

/** Gives an instance a small disk for its releases: in memory, so that this machine's stays free. */
export async function giveSmallDisk(on: RegionUnderTest, instance: string): Promise<void> {
  const command = `mkdir -p ${releases} && mount -t tmpfs -o size=200m tmpfs ${releases}`;
  await on.on(instance, "sh", "-c", command);
}
