import { setTimeout as pause } from "node:timers/promises";
import {
  killConsulLeader,
  powerOffInstance,
  readRegionFile,
  restoreConsul,
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
import { setClock } from "./settable-clock.ts";
import { type Slowness, type SlowS3, startSlowS3 } from "./slow-s3.ts";
import { fillDisk, makeRoom } from "./small-disk.ts";

/** A stretch of the wall clock, with the reason why requests that began in it may be lost. */
export interface Excuse {
  readonly why: FaultName;
  readonly from: number;
  readonly to: number;
}

/** The region that a fault happens to, and the data that the fault needs. */
export interface Scene {
  readonly on: RegionUnderTest;
  /** All current instances of the service. */
  readonly instances: readonly string[];
  /** Consul's data from before the deploy. */
  readonly snapshot: Uint8Array;
}

/** Does something to the region, waits, and mends it. Returns what it excuses: mostly nothing. */
type Fault = (scene: Scene, instances: readonly string[], forMs: number) => Promise<Excuse[]>;

const anHourMs = 3_600_000;

/** A request that began this long before a cut may be inside the instance. */
const inFlightMs = 300;

export const faults: Readonly<Record<FaultName, Fault>> = {
  "agent killed": killAgents,
  "half the agents killed": killAgents,
  // Drops the traffic of the instances' Consul clients to servers and to each other.
  async "half the agents without Consul"({ on }, instances, forMs) {
    const rules = ["input", "output"].flatMap((hook) => [
      `add chain inet no-consul ${hook} { type filter hook ${hook} priority -10; }`,
      ...["tcp dport", "tcp sport", "udp dport"].map(
        (port) => `add rule inet no-consul ${hook} ${port} 8300-8302 drop`,
      ),
    ]);
    const table = ["add table inet no-consul", ...rules].join("; ");
    await inEach(on, instances, "nft", table);
    await pause(forMs);
    // A flushed ruleset or a power cut may have removed it already.
    await inEach(on, instances, "sh", "-c", "nft delete table inet no-consul || true");
    return [];
  },
  // Sets them an hour ahead and back, whatever the agents are doing.
  async "clocks set"({ on }, instances, forMs) {
    await Promise.all(instances.map((name) => setClock(on, name, anHourMs)));
    await pause(forMs);
    await Promise.all(instances.map((name) => setClock(on, name, 0)));
    return [];
  },
  async "Consul away"({ on }, _, forMs) {
    await stopConsul(on.region);
    await pause(forMs);
    await startConsulAgain(on.region);
    return [];
  },
  async "Consul's leader killed"({ on }, _, forMs) {
    await killConsulLeader(on.region);
    await pause(forMs);
    await startConsulAgain(on.region);
    return [];
  },
  async "snapshot restored"({ on, snapshot }) {
    await restoreConsul(on.region, snapshot);
    return [];
  },
  async "S3 away"({ on }, _, forMs) {
    await stopMoto(on.region);
    await pause(forMs);
    await startMotoAgain(on.region);
    return [];
  },
  "S3 slow, then 503": (scene, _, forMs) => slowS3(scene, forMs).then(() => []),
  // Cuts the requests in flight until the agent has repaired the ruleset.
  async "ruleset flushed"({ on }, [instance = ""]) {
    const from = Date.now() - inFlightMs;
    await on.on(instance, "nft", "flush", "ruleset");
    await until("repaired table", async () =>
      (await on.on(instance, "nft", "list", "table", "inet", "shoestring")).includes("redirect"),
    );
    return [{ why: "ruleset flushed", from, to: Date.now() + inFlightMs }];
  },
  // Loses requests that the instance accepted, and those that come until the load balancer knows.
  async "power cut"({ on }, [instance = ""], forMs) {
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
  async "disk full"({ on }, [instance = ""], forMs) {
    await fillDisk(on, instance);
    await pause(forMs);
    await makeRoom(on, instance);
    return [];
  },
  async "an instance joins"({ on, instances }) {
    const count = instances.length + 1;
    await on.apply({ instances: { min: count, max: count } });
    return [];
  },
};

/**
 * Makes the instances' S3 slow, then makes it refuse, each for half of the time.
 *
 * @returns the numbers of objects that were late and that were refused.
 */
export const slowS3 = (scene: Scene, forMs: number) =>
  throughSlowS3(scene, { lateMs: forMs / 2 }, async (slow) => {
    await pause(forMs / 2);
    slow.refuse();
    await pause(forMs / 2);
    return slow.answered();
  });

/** Does something while the instances' S3 is slow, and mends the S3. */
export async function throughSlowS3<T>(
  { on, instances }: Scene,
  slowness: Slowness,
  work: (slow: SlowS3) => Promise<T>,
): Promise<T> {
  const { awsEndpoint, artifactsBucket } = readRegionFile(on.region);
  const slow = await startSlowS3(awsEndpoint, artifactsBucket, slowness);
  const { hostname, port } = new URL(awsEndpoint);
  const table = [
    "add table ip slow-s3",
    "add chain ip slow-s3 output { type nat hook output priority -100; }",
    `add rule ip slow-s3 output ip daddr ${hostname} tcp dport ${port} dnat to ${hostname}:${slow.port}`,
  ].join("; ");
  const reached = await Promise.all(
    // An instance that is off has no ruleset, and is left out.
    instances.map((name) =>
      on.on(name, "nft", table).then(
        () => name,
        () => undefined,
      ),
    ),
  );
  try {
    return await work(slow);
  } finally {
    const names = reached.filter((name) => name !== undefined);
    await inEach(on, names, "sh", "-c", "nft delete table ip slow-s3 || true").catch(() => {});
    slow.close();
  }
}

/** Kills agents again and again, because systemd restarts them at once. */
async function killAgents({ on }: Scene, instances: readonly string[], forMs: number) {
  const until_ = Date.now() + forMs;
  do {
    await inEach(on, instances, "systemctl", "kill", "--signal=KILL", "shoestring-agent");
    await pause(700);
  } while (Date.now() < until_);
  return [];
}

const inEach = (on: RegionUnderTest, instances: readonly string[], ...command: string[]) =>
  Promise.all(instances.map((name) => on.on(name, ...command)));
