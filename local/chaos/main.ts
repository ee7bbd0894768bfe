/** `make chaos SEED=7`: deploys under load while a seeded mix of faults happens to the region. */
import { setTimeout as pause } from "node:timers/promises";
import { startLoad } from "../../bench/load/load.ts";
import { down, targetStates } from "../region/index.ts";
import { regionUnderTest, testRegion } from "../testing/region-under-test.ts";
import { until } from "../testing/until.ts";
import { type Excuse, faults, giveSmallDisk } from "./faults.ts";
import { judge } from "./judge.ts";
import { describePlan, isRegional, type PlannedDeploy, planChaos } from "./plan.ts";

const seed = Number(process.env.SEED || Math.floor(Math.random() * 1_000_000));
const deploys = Number(process.env.DEPLOYS || 4);
const instances = ["web-1", "web-2"];
const plan = planChaos(seed, deploys, instances);
const reproduce = `make chaos SEED=${seed} DEPLOYS=${deploys}   # ${describePlan(plan)}`;
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
  const on = await regionUnderTest({ processes: 3 });
  const bothServe = () =>
    until("both instances healthy", async () => {
      const states = await targetStates(on.region);
      return instances.every((name) => states.get(name) === "UP");
    });
  if (plan.some((deploy) => deploy.faults.some(({ fault }) => fault === "disk full"))) {
    await Promise.all(instances.map((instance) => giveSmallDisk(on, instance)));
  }
  await on.pushed();
  await bothServe();
  const load = await startLoad({
    url: on.url,
    host: on.host,
    requestsPerSecond: 150,
    maxSeconds: 1200,
  });
  const excuses: Excuse[] = [];
  try {
    for (const [i, { isBad, faults: planned }] of plan.entries()) {
      // An automatic rollback holds the service, and somebody has to lift that.
      await on.shoestring("unhold", "web");
      const deploy = await on.push(isBad ? { pingStatus: 500 } : undefined);
      excuses.push(...(await allHappen(planned)));
      // Everything is mended: from here on the rollout has all that it needs.
      const { phase } = await on.ended(deploy, 120);
      await bothServe();
      const { lost } = await load.snapshot();
      console.log(`deploy ${i + 1} is ${phase}; ${lost} requests lost so far`);
    }
    console.log(await judge(load, excuses));
  } finally {
    await load.stop().catch(() => {}); // judged already, where all went well
  }

  /** Each at its time; on the instance one after the other, since one that is off has no agent. */
  async function allHappen(planned: PlannedDeploy["faults"]): Promise<Excuse[]> {
    let before: Promise<unknown> = Promise.resolve();
    const each = planned.map(async ({ fault, instance, afterMs, forMs }) => {
      const mine = isRegional(fault) ? Promise.resolve() : before;
      const happens = pause(afterMs)
        .then(() => mine)
        .then(() => {
          console.log(`  ${fault}`);
          return faults[fault](on, instance, forMs);
        });
      if (!isRegional(fault)) before = happens;
      return happens;
    });
    return (await Promise.all(each)).flat();
  }
}
