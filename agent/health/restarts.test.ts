import { expect, test } from "vitest";
import { killedIn } from "../../protocol/killed.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { aDeploy } from "../testing/builders.ts";
import { simulatedFleet } from "../testing/simulated-fleet.ts";
import type { Behaviour } from "../testing/simulated-machine/index.ts";

const release = (sequence: number) => aDeploy(sequence).release.id;

/** Two instances under load, on which release 1 is good. */
async function loadedFleet(
  behaviours: Readonly<Record<number, Behaviour>>,
  differs: Partial<ServiceFile> = {},
) {
  const fleet = simulatedFleet({
    service: { minHealthyTimeSeconds: 1, bakeSeconds: 20, ...differs },
    behaviours: Object.fromEntries(
      Object.entries(behaviours).map(([sequence, it]) => [release(Number(sequence)), it]),
    ),
  });
  const names = ["web-1", "web-2"];
  const lost = { count: 0 };
  fleet.announce(aDeploy(1));
  await fleet.add(...names);
  await fleet.ends(1, "done");
  for (const name of names) fleet.instance(name).machine.nowServing();
  let paths = 0;
  const load = async () => {
    for (;;) {
      paths += 1;
      const path = paths % 10 === 0 ? "/rare" : "/";
      for (const name of names) {
        if (!fleet.instance(name).machine.request(path)) lost.count += 1;
      }
      await fleet.clock.sleep(20);
    }
  };
  void load();
  const broken = () => names.flatMap((name) => fleet.instance(name).machine.broken);
  return Object.assign(fleet, { lost, broken });
}

const dies = {
  "at its third request": { atRequest: 3 },
  "2 s after its start": { afterMs: 2000 },
  "on one path only": { atRequest: 1, path: "/rare" },
  "out of memory": {
    atRequest: 5,
    end: { result: "oom-kill", code: "killed", status: "KILL" },
  },
  "as its parent ends": { afterMs: 1500, end: { result: "timeout", code: "exited", status: "0" } },
  "in each second run": { atRequest: 4, alternates: true },
} as const;

const causes = {
  "at its third request": "it exited with status 1",
  "2 s after its start": "it exited with status 1",
  "on one path only": "it exited with status 1",
  "out of memory": "it was killed, the kernel was out of memory",
  "as its parent ends": "it exited with status 0, though nobody stopped it",
  "in each second run": "it exited with status 1",
} as const;

test.each(Object.keys(dies) as (keyof typeof dies)[])(
  "a release that answers its pings and dies %s fails on the canary, is rolled back and held",
  async (when) => {
    const fleet = await loadedFleet({ 2: { dies: dies[when] } });

    fleet.announce(aDeploy(2));
    await fleet.ends(2, "failed");
    const lostAtEnd = fleet.lost.count;

    // The failure is written together with the report.
    expect(fleet.rollout(2)?.failures).toBe(1);
    expect(fleet.rollout(2)?.reason).toContain(
      `which served ${release(2)}, restarted: ${causes[when]}`,
    );
    const [canary, other] = ["web-1", "web-2"].sort((a) =>
      a === fleet.rollout(2)?.canary ? -1 : 1,
    );
    expect(fleet.report(2, canary as string)?.phase).toBe("failed");
    expect(fleet.report(2, other as string)?.phase).not.toBe("done");
    expect(fleet.hold()?.reason).toContain("restarted");
    await fleet.ends(3, "done");
    expect(fleet.serving()).toEqual({ "web-1": [release(1)], "web-2": [release(1)] });
    expect(fleet.good()?.release.id).toBe(release(1));
    if (when === "at its third request") {
      // One process of one instance loses the request that it dies at; none is lost after that.
      expect([lostAtEnd, fleet.lost.count]).toEqual([1, 1]);
    }
    const lostBefore = fleet.lost.count;
    await fleet.pass(60);
    expect(fleet.lost.count).toBe(lostBefore);
    expect(fleet.broken()).toEqual([]);
  },
);

test("a process that restarts long after the rollout causes an alarm, and no rollback", async () => {
  const fleet = await loadedFleet({ 2: { lines: ["Error: a reason of its own"] } });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
  await fleet.pass(600);

  const { machine } = fleet.instance("web-2");
  machine.crash({ n: 1, side: "b" });
  const restarts = () => fleet.report(2, "web-2")?.processes["1"]?.restarts;
  await fleet.until("the alarm", () => restarts() === 1);

  expect(fleet.report(2, "web-2")).toMatchObject({
    phase: "done",
    processes: {
      1: { restarts: 1, lastExit: "it exited with status 1; its log: Error: a reason of its own" },
    },
  });
  await fleet.pass(600);
  expect(fleet.rollout(2)?.phase).toBe("done");
  expect(fleet.deploy()?.revision).toBe(2);
  expect(fleet.hold()).toBeUndefined();
  expect(fleet.good()?.revision).toBe(2);
});

test("a process that crash-loops after the rollout costs one write to Consul in ten seconds, and one to disk in all", async () => {
  const fleet = await loadedFleet({});
  const { machine } = fleet.instance("web-1");
  const count = { "consul.write": 0, "consul.get": 0, "state.write": 0 };
  machine.inject((_, name) => {
    if (name in count) count[name as keyof typeof count] += 1;
    return undefined;
  });
  for (let i = 0; i < 100; i += 1) {
    machine.crash({ n: 1, side: "a" });
    await fleet.pass(1);
  }
  await fleet.until(
    "the last alarm",
    () => fleet.report(1, "web-1")?.processes["1"]?.restarts === 100,
  );
  expect(count["consul.write"]).toBeGreaterThan(5);
  expect(count["consul.write"]).toBeLessThanOrEqual(16); // with those of the notifications
  expect(count["consul.get"]).toBeLessThanOrEqual(60);
  expect(count["state.write"]).toBeLessThanOrEqual(1);
  const before = count["consul.write"];
  await fleet.pass(600);
  expect(count["consul.write"]).toBe(before);
});

test("restarts while Consul is away are reported with backoff", async () => {
  const fleet = await loadedFleet({});
  const { machine } = fleet.instance("web-1");
  fleet.consul.away(true);
  machine.crash({ n: 1, side: "a" });
  await fleet.pass(60);
  let reads = 0;
  machine.inject((_, name) => {
    reads += name === "consul.get" ? 1 : 0;
    return undefined;
  });
  await fleet.pass(600);
  // The agent's own watch of its deploy asks as well, and more often.
  const restarts = () => fleet.report(1, "web-1")?.processes["1"]?.restarts;
  expect(reads).toBeLessThan(250);
  fleet.consul.away(false);
  await fleet.until("the alarm", () => restarts() === 1, 120);
});

test("a process that a deploy starts again does not keep the restarts of its former run", async () => {
  const fleet = await loadedFleet({});
  const restarts = (revision: number) => fleet.report(revision, "web-1")?.processes["1"]?.restarts;
  fleet.instance("web-1").machine.crash({ n: 1, side: "a" });
  await fleet.until("the alarm", () => restarts(1) === 1);
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
  fleet.announce(aDeploy(1, { kind: "rollback", revision: 3, at: "2026-01-01T05:00:00.000Z" }));
  await fleet.ends(3, "done");
  await fleet.pass(30);
  expect(restarts(3)).toBeUndefined();
});

test("an old release that crash-loops does not keep a better one from the fleet", async () => {
  const fleet = await loadedFleet({ 1: { dies: { atRequest: 50 } } });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
  expect(fleet.serving()).toEqual({ "web-1": [release(2)], "web-2": [release(2)] });
});

test("a process that ends while no agent runs fails the rollout when an agent starts again", async () => {
  const fleet = await loadedFleet({}, { bakeSeconds: 60 });
  fleet.announce(aDeploy(2));
  await fleet.until("the canary", () => fleet.rollout(2)?.canary !== undefined);
  const canary = fleet.rollout(2)?.canary as string;
  await fleet.until("its end", () => fleet.report(2, canary)?.phase === "done");
  const instance = fleet.instance(canary);
  const { machine } = instance;

  machine.inject(() => "die");
  await fleet.until("an agent that is gone", () => machine.isDead());
  machine.crash({ n: 1, side: "b" });
  await instance.restart();

  await fleet.ends(2, "failed");
  expect(fleet.rollout(2)?.reason).toContain("process 1 of web (shoestring-web@1b)");
});

test("a process that ends while Consul is away fails the rollout when Consul answers again", async () => {
  const fleet = await loadedFleet({}, { bakeSeconds: 60 });
  fleet.announce(aDeploy(2));
  await fleet.until("the canary", () => fleet.rollout(2)?.canary !== undefined);
  const canary = fleet.rollout(2)?.canary as string;
  await fleet.until("its end", () => fleet.report(2, canary)?.phase === "done");

  fleet.consul.away(true);
  fleet.instance(canary).machine.crash({ n: 1, side: "b" });
  await fleet.pass(5);
  fleet.consul.away(false);

  await fleet.ends(2, "failed");
});

test("a release with a higher share of failed requests than the one before is rolled back and held", async () => {
  const fleet = await loadedFleet({ 2: { failsEvery: 5 } }, { bakeSeconds: 60 });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "failed");
  expect(fleet.rollout(2)?.reason).toContain(`${release(2)} is worse than what it replaces: `);
  expect(fleet.rollout(2)?.reason).toMatch(
    /of those before it 0 %; the limit is 5 percentage points/,
  );
  await fleet.ends(3, "done");
  expect(fleet.hold()?.reason).toContain("is worse");
});

test("in place, requests that the closed gate refuses do not count, and a worse release is rolled back", async () => {
  const service = {
    strategy: "in-place",
    processes: 4,
    bakeSeconds: 60,
    watchSeconds: 60,
  } as const;
  const fleet = await loadedFleet({ 2: { failsEvery: 5 } }, service);
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "failed");
  expect(fleet.rollout(2)?.reason).toMatch(/is worse .* of those before it 0 %/);
});

test("a release with the same share of failed requests as before is done", async () => {
  const fleet = await loadedFleet({ 1: { failsEvery: 5 }, 2: { failsEvery: 5 } });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
  expect(fleet.rollout(2)?.phase).toBe("done");
});

test("a service that switches the comparison off keeps a worse release", async () => {
  const fleet = await loadedFleet({ 2: { failsEvery: 5 } }, { maxErrorShare: 100 });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "done");
});

test.each(["overlap", "in-place"] as const)(
  "%s: old processes that had to be killed at their stop are told with their time, and fail no rollout",
  async (strategy) => {
    const fleet = await loadedFleet({ 1: { ignoresStop: true } }, { strategy });
    fleet.announce(aDeploy(2));
    await fleet.ends(2, "done");
    await fleet.until("its count", () => fleet.report(2, "web-1")?.killed === 2);
    expect(fleet.report(2, "web-1")).toMatchObject({ phase: "done", killedAfterSeconds: 5 });
  },
);

test.each(["overlap", "in-place"] as const)(
  "%s: a new process that had to be killed in an undo is told",
  async (strategy) => {
    const fleet = await loadedFleet({ 2: { ignoresStop: true, status: 500 } }, { strategy });
    fleet.announce(aDeploy(2));
    await fleet.ends(2, "failed");
    const canary = fleet.rollout(2)?.canary ?? "";
    await fleet.until("its count", () => (fleet.report(2, canary)?.killed ?? 0) > 0);
    expect(fleet.report(2, canary)?.killedAfterSeconds).toBe(5);
  },
);

test("processes that had to be killed by a rollback are told in the rollback's reports", async () => {
  const fleet = await loadedFleet({ 2: { ignoresStop: true, dies: { atRequest: 3 } } });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "failed");
  await fleet.ends(3, "done");
  const told = () =>
    [2, 3].flatMap((it) => killedIn(["web-1", "web-2"].map((on) => fleet.report(it, on) ?? {})));
  await fleet.until("their count", () => told().some((count) => count > 0));
});

test("a value of the environment that a dying process logged is in no document", async () => {
  const canary = "canary-7f3a9b";
  const lines = ["listening", `Error: ${canary} was refused as web`, "Node.js v24.1.0"];
  const fleet = await loadedFleet({ 2: { dies: { atRequest: 3 }, lines } });
  fleet.consul.put("web/DATABASE_URL", `postgres://web:${canary}@db/shop`);
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "failed");
  expect(fleet.rollout(2)?.reason).toContain("its log: Error: [redacted] was refused as web");
  const { found } = await fleet.consul.list("");
  const ours = found.filter(({ key }) => key !== "web/DATABASE_URL");
  expect(ours.length).toBeGreaterThan(5);
  expect(JSON.stringify(ours)).not.toContain(canary);
});

test("a rollback to a release that crash-loops fails, names it, and is not rolled back", async () => {
  const behaviours = { 1: { dies: { atRequest: 100 } }, 2: { status: 500 } };
  const fleet = await loadedFleet(behaviours, { watchSeconds: 20 });
  fleet.announce(aDeploy(2));
  await fleet.ends(2, "failed");
  await fleet.ends(3, "failed");
  expect(fleet.rollout(3)?.reason).toContain(`which served ${release(1)}, restarted`);
  await fleet.pass(60);
  expect(fleet.deploy()?.revision).toBe(3);
  expect(fleet.hold()).toBeDefined();
});
