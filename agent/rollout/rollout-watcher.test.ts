import { expect, test } from "vitest";
import type { Consul } from "../../lib/consul.ts";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { aDeploy, aService, silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { noTracing } from "../trace/tracing.ts";
import { watchRollout } from "./rollout-watcher.ts";

test("an agent that watches a rollout for 600 s while Consul refuses sends fewer than 60 requests, and stops when aborted", async () => {
  const clock = simulatedClock();
  const kv = memoryConsul(clock.sleep);
  kv.deny(true);
  let asked = 0;
  const consul = new Proxy(kv, {
    get(target, method: keyof Consul) {
      asked += 1;
      return target[method];
    },
  });
  const stop = new AbortController();

  const watching = watchRollout(
    {
      ...{ consul, clock, log: silentLog, tracing: noTracing, notifiers: [] },
      ...{ service: aService(), instance: "web-1", incarnation: "run 1" },
    },
    aDeploy(1),
    () => 0,
    { stop: stop.signal, leaving: new AbortController().signal },
  );
  await clock.run(clock.sleep(600_000));

  expect(asked).toBeGreaterThan(1);
  expect(asked).toBeLessThan(60);
  stop.abort();
  await clock.run(watching);
});
