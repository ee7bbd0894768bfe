/** `make chaos SEED=7`: deploys under load while a seeded mix of faults happens to the region. */
import { startLoad } from "../load/load.ts";
import { saveConsul } from "../region/index.ts";
import {
  endTestRegion,
  type RegionUnderTest,
  regionUnderTest,
} from "../testing/region-under-test.ts";
import { watchRolling } from "../testing/rolling-watch.ts";
import type { Excuse } from "./faults.ts";
import { injectAll } from "./inject.ts";
import { describePlan, type FaultName, type PlannedDeploy, planChaos } from "./plan.ts";
import { giveSettableClock } from "./settable-clock.ts";
import { giveSmallDisk, releasesOf } from "./small-disk.ts";
import { verdict } from "./verdict.ts";

const seed = Number(process.env.SEED || Math.floor(Math.random() * 1_000_000));
const deploys = Number(process.env.DEPLOYS || 4);
const size = Number(process.env.INSTANCES || 3);
const servers = Number(process.env.SERVERS || 3) as 1 | 3 | 5; // another number is refused at synth
const longest = Number(process.env.LONGEST || 5);
const instances = Array.from({ length: size }, (_, i) => `web-${i + 1}`);
const plan = planChaos({ seed, deploys, instances, longestMs: longest * 1000 });
const reproduce = `make chaos SEED=${seed} DEPLOYS=${deploys} INSTANCES=${size} SERVERS=${servers} LONGEST=${longest}   # ${describePlan(plan)}`;
console.log(reproduce);

try {
  await chaos();
} catch (error) {
  console.error(String(error instanceof Error ? error.stack : error));
  console.error(`FAILED: ${reproduce}`);
  process.exitCode = 1;
} finally {
  await endTestRegion();
}

async function chaos(): Promise<void> {
  const maxUnavailable = Math.max(1, Math.floor(size / 3));
  const on = await regionUnderTest(
    { processes: 4, instances: { min: size, max: size }, maxUnavailable, autoRollback: true },
    { consul: { servers } },
  );
  const allServe = () => on.healthy(instances, 60);
  if (plan.some((deploy) => has(deploy, "disk full"))) {
    await Promise.all(instances.map((it) => giveSmallDisk(on, it, [releasesOf("web")])));
  }
  if (plan.some((deploy) => has(deploy, "clocks set"))) {
    await Promise.all(instances.map((instance) => giveSettableClock(on, instance)));
  }
  await on.pushed();
  await allServe();
  const load = await startLoad({
    url: on.url,
    host: on.host,
    requestsPerSecond: 150,
    maxSeconds: 1200,
  });
  const excuses: Excuse[] = [];
  try {
    for (const [i, planned] of plan.entries()) {
      // An automatic rollback may have held the service.
      await on.shoestring("unhold", "web");
      const watch = watchRolling(on.consul, "web");
      for (const { fault, instances } of planned.faults) {
        if (fault === "power cut") instances.forEach(watch.ignore); // its last report stays
      }
      const scene = { on, instances: [...instances], snapshot: await saveConsul(on.region) };
      await on.push(planned.isBad ? { pingStatus: 500 } : undefined);
      excuses.push(...(await injectAll(scene, planned.faults, (line) => console.log(line))));
      if (has(planned, "an instance joins")) instances.push(`web-${instances.length + 1}`);
      // The deploy after the snapshot is no longer the desired one.
      if (has(planned, "snapshot restored")) {
        await on.shoestring("unhold", "web");
        await on.push();
      }
      // Everything is mended, so the rollout has all that it needs from here on.
      const phases = await ends(on);
      await allServe();
      const most = await watch.stop();
      if (most.length > maxUnavailable) throw new Error(`rolling at once: ${most.join(", ")}`);
      const { lost } = await load.snapshot();
      console.log(`deploy ${i + 1} is ${phases.join(", then ")}; ${lost} requests lost so far`);
    }
    console.log(await verdict(load, excuses));
  } finally {
    await load.stop().catch(() => {}); // stopped already, unless a deploy failed
  }
}

/**
 * Waits until no rollout is under way: a failed one is followed by its rollback. Expects that every
 * process answers with the last one's release, if that one is done.
 *
 * @returns the phases of the rollouts that ended.
 */
async function ends(on: RegionUnderTest): Promise<string[]> {
  const phases: string[] = [];
  for (;;) {
    const deploy = await on.deploy();
    const { phase } = await on.ended(deploy, 120 + longest);
    phases.push(`${phase} (${deploy.kind})`);
    const current = await on.deploy();
    if (current.revision !== deploy.revision) continue;
    if (phase !== "done") return phases;
    await on.answersOnly(current.release.id);
    return phases;
  }
}

function has({ faults }: PlannedDeploy, name: FaultName): boolean {
  return faults.some(({ fault }) => fault === name);
}
