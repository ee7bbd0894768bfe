import { expect, test } from "vitest";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { aDeploy, silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { latestDeploy } from "./latest-deploy.ts";
import { retryUntilAvailable } from "./retry-until-available.ts";

test("a deploy asks a Consul that refuses for 600 s fewer than 60 times, and then takes its answer", async () => {
  const clock = simulatedClock();
  const consul = memoryConsul(clock.sleep);
  const desired = latestDeploy();
  desired.put(aDeploy(1));
  consul.put("web/LEVEL", "info");
  consul.deny(true);
  let asked = 0;

  const on = { latestDeploy: desired, clock, log: silentLog, random: () => 0 };
  const answer = retryUntilAvailable(on, aDeploy(1), () => {
    asked += 1;
    return consul.get("web/LEVEL");
  });
  await clock.run(clock.sleep(600_000));

  expect(asked).toBeLessThan(60);
  consul.deny(false);
  expect((await clock.run(answer)).found?.value).toBe("info");
});
