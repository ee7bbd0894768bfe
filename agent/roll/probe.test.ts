import { expect, test } from "vitest";
import type { UnitState } from "../core/effects.ts";
import { launchOfRelease } from "../core/launch.ts";
import { aTarget } from "../testing/builders.ts";
import { rolledMachine } from "../testing/rolled-machine.ts";
import { stillHealthy, untilHealthy } from "./probe.ts";

const target = aTarget(1);

test.each<readonly [string, UnitState]>([
  ["stopping: a child of it answers still", { status: "stopping", restarts: 0 }],
  ["started again, which nobody told", { status: "running", restarts: 1 }],
])("a process that answers well is not healthy while its unit is %s", async (_, unit) => {
  const { agent, clock } = await rolledMachine(target, { service: { minHealthyTimeSeconds: 0.5 } });
  const context = await agent();
  const supervisor = { ...context.supervisor, state: async () => unit };
  const healthy = untilHealthy({ ...context, supervisor }, { n: 1, side: "a" }, target.releaseId);
  await expect(clock.run(healthy)).rejects.toThrow("did not become healthy");
});

/** An instance with a release whose release.json names `/up`; its processes answer some paths. */
async function answering(paths: readonly string[]) {
  const { agent, clock } = await rolledMachine(target, { service: { minHealthyTimeSeconds: 0.5 } });
  const context = await agent();
  const store = {
    ...context.store,
    launchOf: async () => launchOfRelease(context.service, { ping: "/up" }),
  };
  const ask = async (_: number, path: string) => ({
    status: paths.includes(path) ? 200 : 404,
    release: target.releaseId,
  });
  return { clock, context: { ...context, store, probe: { ask } } };
}

test.each([
  [["/up"], "GET /up: the load balancer asks for /ping, where it answered 404"],
  [["/ping"], "GET /up: it answered 404"],
])(
  "a process that answers %j of release.json's /up and the cluster's /ping is not healthy",
  async (paths, why) => {
    const { clock, context } = await answering(paths);
    const place = { n: 1, side: "a" } as const;
    await expect(clock.run(untilHealthy(context, place, target.releaseId))).rejects.toThrow(why);
    await expect(clock.run(stillHealthy(context, place, target.releaseId))).rejects.toThrow(
      "it answered 404",
    );
  },
);

test("a process that answers the ping of release.json and the cluster's is healthy", async () => {
  const { clock, context } = await answering(["/up", "/ping"]);
  await clock.run(untilHealthy(context, { n: 1, side: "a" }, target.releaseId));
});

test("a process that does not answer within half of its start timeout gets the ordinary share once", async () => {
  const service = { startTimeoutSeconds: 60 };
  const { agent, clock } = await rolledMachine(target, { service });
  const context = await agent();
  const promotedMs: number[] = [];
  const startedMs = clock.monotonicMs();
  const promote = async () => void promotedMs.push(clock.monotonicMs() - startedMs);
  const supervisor = { ...context.supervisor, promote };
  const probe = { ask: async () => ({ error: "nothing listens" }) };
  const place = { n: 1, side: "a" } as const;
  const healthy = untilHealthy({ ...context, supervisor, probe }, place, target.releaseId);
  await expect(clock.run(healthy)).rejects.toThrow("after 60 s");
  expect(promotedMs).toHaveLength(1);
  expect(promotedMs[0]).toBeGreaterThanOrEqual(30_000);
  expect(promotedMs[0]).toBeLessThan(31_000);
});
