import { expect, test } from "vitest";
import type { Operation } from "../../lib/consul.ts";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { formatDocument, Deploy as schema } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { aDeploy } from "../testing/builders.ts";
import { simulatedFleet } from "../testing/simulated-fleet.ts";
import { keptRollouts, pruneRollouts } from "./prune-rollouts.ts";

const text = (key: string, revision: number) => formatDocument(schema, key, aDeploy(revision));

/** A service with this many rollouts, and a session that holds the newest one's leader lock. */
async function serviceWith(rollouts: number) {
  const consul = memoryConsul();
  for (let revision = 1; revision <= rollouts; revision += 1) {
    consul.put(keys.rollout("web", revision), "{}");
    for (const key of [
      keys.rolloutDeploy("web", revision),
      keys.rolloutCoordinator("web", revision),
      ...Array.from({ length: 5 }, (_, i) => keys.rolloutInstance("web", revision, `web-${i}`)),
    ]) {
      consul.put(key, text(key, revision));
    }
  }
  const point = (key: string, revision: number) => consul.put(key, text(key, revision));
  point(keys.deploy("web"), rollouts);
  const session = await consul.createSession("coordinator", 15);
  const key = keys.rolloutCoordinator("web", rollouts);
  await consul.write([{ verb: "lock", key, value: "{}", session }]);
  const lock: Operation = { verb: "check-session", key, session };
  const revisions = () => {
    const found = consul.keys("rollouts/web/").map((it) => Number(it.split("/")[2]));
    return [...new Set(found)].sort((a, b) => a - b);
  };
  return { consul, lock, session, point, revisions };
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test("the newest rollouts of a service stay, and every key of the older ones is deleted", async () => {
  const { consul, lock, revisions } = await serviceWith(keptRollouts + 75);
  consul.put("audit/1", "{}");
  consul.put("rollouts/web2/1", "{}");
  await pruneRollouts(consul, "web", lock);
  expect(revisions()).toEqual(numbers(76, keptRollouts + 75));
  expect(consul.keys("audit/")).toHaveLength(1);
  expect(consul.keys("rollouts/web2/")).toHaveLength(1);
});

test("the current deploy, the last known good one and the one before it stay, however old they are", async () => {
  const { consul, lock, point, revisions } = await serviceWith(keptRollouts + 20);
  point(keys.deploy("web"), 11); // as after a restored snapshot
  point(keys.good("web"), 7);
  point(keys.previousGood("web"), 1);
  await pruneRollouts(consul, "web", lock);
  expect(revisions()).toEqual([1, 7, 11, ...numbers(21, keptRollouts + 20)]);
});

test("a transaction has no more than Consul's 64 operations", async () => {
  const { consul, lock } = await serviceWith(keptRollouts + 200);
  const sizes: number[] = [];
  const counted = {
    ...consul,
    write: (operations: readonly Operation[]) => {
      sizes.push(operations.length);
      return consul.write(operations);
    },
  };
  await pruneRollouts(counted, "web", lock);
  expect(sizes).toHaveLength(8);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(64);
});

test.each<[string, (on: Awaited<ReturnType<typeof serviceWith>>) => void]>([
  ["the lock was lost", ({ consul, session }) => consul.expireSession(session)],
  ["another deploy came", ({ point }) => point(keys.deploy("web"), 3)],
  ["an old deploy became good", ({ point }) => point(keys.good("web"), 2)],
  ["an old deploy became what was good before", ({ point }) => point(keys.previousGood("web"), 1)],
])("nothing is deleted when, meanwhile, %s", async (_, meanwhile) => {
  const on = await serviceWith(keptRollouts + 5);
  const { consul, lock, revisions } = on;
  const late = {
    ...consul,
    write: (operations: readonly Operation[]) => {
      meanwhile(on);
      return consul.write(operations);
    },
  };
  await pruneRollouts(late, "web", lock);
  expect(revisions()).toEqual(numbers(1, keptRollouts + 5));
});

test("the coordinator of an ended rollout deletes the rollouts that are too old, and nothing that is needed", async () => {
  const fleet = simulatedFleet();
  for (let revision = 1; revision < 60; revision += 1) {
    fleet.consul.put(keys.rolloutDeploy("web", revision), "{}");
  }
  fleet.consul.put("audit/1", "{}");
  fleet.announce(aDeploy(60));
  await fleet.add("web-1", "web-2");
  await fleet.ends(60, "done");
  const oldest = 61 - keptRollouts;
  await fleet.until(
    "old rollouts are gone",
    () => fleet.consul.keys(`rollouts/web/${oldest - 1}/`).length === 0,
  );
  const left = await fleet.consul.names("rollouts/web/");
  expect(left.map(Number).sort((a, b) => a - b)).toEqual(numbers(oldest, 60));
  expect(fleet.consul.keys("audit/1")).toHaveLength(1);
  expect(fleet.report(60, "web-2")?.phase).toBe("done");
});
