/** `make chaos SEED=7`: deploys under load while a seeded mix of faults happens to the region. */
import { startLoad } from "../../bench/load/load.ts";
import { down, saveConsul, targetStates } from "../region/index.ts";
import { regionUnderTest, testRegion } from "../testing/region-under-test.ts";
import { until } from "../testing/until.ts";
import { type Excuse, giveSmallDisk } from "./faults.ts";
import { allHappen } from "./happen.ts";
import { judge } from "./judge.ts";
import { describePlan, type FaultName, type PlannedDeploy, planChaos } from "./plan.ts";

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
  await down(testRegion());
}

async function chaos(): Promise<void> {
  const on = await regionUnderTest(
    { processes: 3, instances: { min: size, max: size } },
    { consul: { servers } },
  );
  const allServe = () =>
    until(
      "healthy instances",
      async () => {
        const states = await targetStates(on.region);
        return instances.every((name) => states.get(name) === "UP");
      },
      60,
    );
  if (plan.some((deploy) => has(deploy, "disk full"))) {
    await Promise.all(instances.map((instance) => giveSmallDisk(on, instance)));
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
      // An automatic rollback holds the service, and somebody has to lift that.
      await on.shoestring("unhold", "web");
      const scene = { on, instances: [...instances], snapshot: await saveConsul(on.region) };
      let deploy = await on.push(planned.isBad ? { pingStatus: 500 } : undefined);
      excuses.push(...(await allHappen(scene, planned.faults, (line) => console.log(line))));
      if (has(planned, "an instance joins")) instances.push(`web-${instances.length + 1}`);
      // Nobody wishes any more what was deployed after the snapshot.
      if (has(planned, "snapshot restored")) {
        await on.shoestring("unhold", "web");
        deploy = await on.push();
      }
      // Everything is mended: from here on the rollout has all that it needs.
      const { phase } = await on.ended(deploy, 120 + longest);
      await allServe();
      const { lost } = await load.snapshot();
      console.log(`deploy ${i + 1} is ${phase}; ${lost} requests lost so far`);
    }
    console.log(await judge(load, excuses));
  } finally {
    await load.stop().catch(() => {}); // judged already, where all went well
  }
}

function has({ faults }: PlannedDeploy, name: FaultName): boolean {
  return faults.some(({ fault }) => fault === name);
}
