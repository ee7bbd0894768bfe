import { expect, test } from "vitest";
import { ConsulAway, type Operation } from "../../lib/consul.ts";
import { CronState, formatDocument, schemaVersion } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Clock } from "../core/effects.ts";
import { aDeploy } from "../testing/builders.ts";
import { fleetWithCron, minutes } from "../testing/fleet-with-cron.ts";
import type { Behaviour } from "../testing/simulated-machine/index.ts";

const release = (sequence: number) => aDeploy(sequence).release.id;
const three = { "web-1": 0, "web-2": 3, "web-3": -4 };

/** A fleet whose instances serve release 1. */
async function served(...args: Parameters<typeof fleetWithCron>) {
  const fleet = fleetWithCron(...args);
  for (const name of Object.keys(args[0])) {
    await fleet.serve(name, 1, { TOKEN: "s3cret-token" });
    await fleet.agent(name);
  }
  return fleet;
}

test("each time runs once in a fleet whose clocks differ by seconds, with the release that serves", async () => {
  const { clock, fire, state, runs } = await served(three);
  for (let n = 1; n <= 6; n += 1) {
    await clock.run(fire(minutes(5 * n)));
    await clock.run(clock.sleep(10_000));
    expect(runs()).toHaveLength(n);
    expect(state().run).toMatchObject({
      ...{ scheduledFor: `2026-01-01T00:${String(5 * n).padStart(2, "0")}:00.000Z` },
      ...{ phase: "done", release: release(1), instance: "web-2" },
    });
  }
  expect(new Set(runs())).toEqual(new Set([release(1)]));
  expect(state()).not.toHaveProperty("misfire");
});

test("while a run has not ended its next times are left out, and that is told", async () => {
  const { clock, fire, state, runs, logged } = await served(three, {
    [release(1)]: { cron: { ms: minutes(7) } },
  });
  await clock.run(fire(minutes(5)));
  await clock.run(fire(minutes(10)));
  const why = "its run of 2026-01-01T00:05:00.000Z on web-2 had not ended";
  expect(state().misfire).toEqual({ scheduledFor: "2026-01-01T00:10:00.000Z", why });
  expect(logged.filter((line) => line.includes("misfire"))).toEqual([`web-2 cron.misfire ${why}`]);
  expect(runs()).toHaveLength(1);
  await clock.run(fire(minutes(15)));
  expect(runs()).toHaveLength(2);
});

test("a run that fails is told with the last lines, without secrets, also when a later one does not", async () => {
  const { clock, fire, serve, agent, state, logged } = await served(
    { "web-1": 0 },
    { [release(1)]: { cron: { fails: true }, lines: ["", "ERROR: s3cret-token is refused"] } },
  );
  await clock.run(fire(minutes(5)));
  await clock.run(clock.sleep(5000));
  const failed = {
    ...{ phase: "failed", scheduledFor: "2026-01-01T00:05:00.000Z" },
    error: "it exited with status 1; its log: ERROR: [redacted] is refused",
    output: ["ERROR: [redacted] is refused"],
  };
  expect(state()).toMatchObject({ run: failed, failure: failed });
  expect(logged).toContain(`web-1 cron.failed ${failed.error}`);

  await serve("web-1", 2);
  await agent("web-1");
  await clock.run(fire(minutes(10)));
  await clock.run(clock.sleep(5000));
  expect(state()).toMatchObject({ run: { phase: "done", release: release(2) }, failure: failed });
});

test("a command that fails at each time is told once, and so is that it runs again", async () => {
  const behaviours: Record<string, Behaviour> = { [release(1)]: { cron: { fails: true } } };
  const { clock, fire, told, runs } = await served(three, behaviours);
  for (const n of [5, 10, 15, 20]) {
    await clock.run(fire(minutes(n)));
    await clock.run(clock.sleep(10_000));
  }
  const why = "it exited with status 1";
  expect(told).toEqual([`failed 00:05 ${why}`]);

  behaviours[release(1)] = {};
  for (const n of [25, 30]) {
    await clock.run(fire(minutes(n)));
    await clock.run(clock.sleep(10_000));
  }
  expect(told).toEqual([`failed 00:05 ${why}`, "runs again 00:25"]);
  expect(runs()).toHaveLength(6);
});

test("times that are left out while a run goes on are told once", async () => {
  const { clock, fire, told } = await served(three, {
    [release(1)]: { cron: { ms: minutes(9) } },
  });
  for (const n of [5, 10, 15, 20, 25, 30, 35, 40]) await clock.run(fire(minutes(n)));
  expect(told).toEqual([
    "left out 00:10 its run of 2026-01-01T00:05:00.000Z on web-2 had not ended",
  ]);
});

test("a failure whose write got no answer is told, once", async () => {
  const { clock, consul, fire, told } = await served(three, {
    [release(1)]: { cron: { fails: true } },
  });
  const { write } = consul;
  let isLost = false;
  consul.write = async (operations) => {
    const isWritten = await write(operations);
    if (!isLost && JSON.stringify(operations).includes("failed")) {
      isLost = true;
      await loseAnswer();
    }
    return isWritten;
  };
  await clock.run(fire(minutes(5)));
  await clock.run(clock.sleep(minutes(1)));
  expect(told).toEqual(["failed 00:05 it exited with status 1"]);
});

test("a failure whose write Consul answers late is told once, also where the next time reads it before", async () => {
  const { clock, consul, fire, told } = await served(
    { "web-1": 0 },
    { [release(1)]: { cron: { fails: true } } },
    "*:0/1",
  );
  const { write } = consul;
  let isSlow = true;
  consul.write = async (operations) => {
    const isWritten = await write(operations);
    if (isSlow && JSON.stringify(operations).includes("failed")) {
      isSlow = false;
      await clock.sleep(minutes(1.5));
    }
    return isWritten;
  };
  await clock.run(fire(minutes(5)));
  await clock.run(fire(minutes(6)));
  await clock.run(clock.sleep(minutes(2)));
  expect(told).toEqual(["failed 00:05 it exited with status 1"]);
});

test("an instance that serves nothing, is drained or leaves does not run it", async () => {
  const { clock, fire, instance, agent, serve, runs, logged } = fleetWithCron(three);
  for (const name of Object.keys(three)) await agent(name);
  await clock.run(fire(minutes(5)));
  expect(runs()).toEqual([]);
  expect(logged).toContain("web-1 cron.passed nothing serves here yet");

  for (const name of Object.keys(three)) {
    await serve(name, 1);
    await agent(name);
  }
  instance("web-2").isDrained = true;
  instance("web-1").leaving.abort();
  await clock.run(fire(minutes(10)));
  expect(instance("web-3").machine.cronRuns()).toEqual([release(1)]);
  expect(runs()).toHaveLength(1);
});

test("a run whose instance is gone is told as failed when it must be over, and is not run again", async () => {
  const { clock, fire, instance, state, runs } = await served(three, {
    [release(1)]: { cron: { ms: minutes(60) } },
  });
  await clock.run(fire(minutes(5)));
  const gone = instance("web-2");
  gone.machine.inject(() => "die"); // no answer reaches its agent any more
  gone.take = undefined;
  await clock.run(fire(minutes(10)));
  await clock.run(fire(minutes(15)));
  expect(state().run).toMatchObject({ instance: "web-2", phase: "running" });

  await clock.run(clock.sleep(minutes(3)));
  expect(state().failure?.error).toContain("it was cut");
  expect(state().run).toMatchObject({ instance: "web-2", phase: "failed" });
  expect(runs()).toHaveLength(1);
  await clock.run(fire(minutes(20)));
  expect(runs()).toHaveLength(2);
  expect(state().run?.instance).not.toBe("web-2");
});

test("a run keeps the next times waiting for as long as its own instance lets it run, whatever the others' files say", async () => {
  const slow = { [release(1)]: { cron: { ms: minutes(40) } } };
  const { clock, fire, serve, agent, instance, state, runs } = fleetWithCron(
    { "web-1": 10, "web-2": 0 },
    slow,
  );
  const nightly = { command: ["bin/clear-sessions"], at: "*:0/5" };
  for (const [name, timeoutSeconds] of [
    ["web-1", 3600],
    ["web-2", 60],
  ] as const) {
    await serve(name, 1);
    await agent(name, { nightly: { ...nightly, timeoutSeconds } });
  }
  await clock.run(fire(minutes(5)));
  expect(state().run?.instance).toBe("web-1");
  // Its group replaces it with one of the newer file, and the terminate hook waits for the run.
  instance("web-1").leaving.abort();
  for (const n of [10, 15, 20]) await clock.run(fire(minutes(n)));
  expect(runs()).toHaveLength(1);
  expect(state().run).toMatchObject({ instance: "web-1", phase: "running" });

  await clock.run(clock.sleep(minutes(26)));
  expect(state().run).toMatchObject({ instance: "web-1", phase: "done" });
  await clock.run(fire(minutes(50)));
  expect(state().run?.instance).toBe("web-2");
});

test("a time for which Consul was away runs when it is back within minutes", async () => {
  const { clock, consul, fire, state, runs } = await served({ "web-1": 0 });
  consul.away(true);
  const soon = fire(minutes(5));
  await clock.run(clock.sleep(minutes(7)));
  consul.away(false);
  await clock.run(soon);
  expect(runs()).toHaveLength(1);
  await clock.run(clock.sleep(5000));
  expect(state().run?.phase).toBe("done");
});

/** Does something when Consul has taken the first claim; loses its answer where that rejects. */
function onFirstClaim({ consul }: ReturnType<typeof fleetWithCron>, act: () => Promise<void>) {
  const { write } = consul;
  let hasClaimed = false;
  consul.write = async (operations) => {
    const isWritten = await write(operations);
    if (!hasClaimed && isWritten && JSON.stringify(operations).includes("running")) {
      hasClaimed = true;
      await act();
    }
    return isWritten;
  };
}

async function loseAnswer(): Promise<never> {
  throw new ConsulAway({ happened: "the answer was lost", unchanged: "nothing", next: "ls" });
}

test.each<[string, "leaving" | "drained", (clock: Pick<Clock, "sleep">) => Promise<void>]>([
  ["leaves", "leaving", async () => {}],
  ["leaves, after the others saw its claim,", "leaving", (clock) => clock.sleep(10_000)],
  ["leaves without Consul's answer", "leaving", loseAnswer],
  ["is drained without Consul's answer", "drained", loseAnswer],
])(
  "an instance that %s while it claims a time gives it back, and another one runs it",
  async (_, how, answer) => {
    const fleet = await served(three);
    const { clock, fire, instance, state, runs, logged } = fleet;
    onFirstClaim(fleet, async () => {
      if (how === "leaving") instance("web-2").leaving.abort();
      else instance("web-2").isDrained = true;
      await answer(clock);
    });
    await clock.run(fire(minutes(5)));
    await clock.run(clock.sleep(minutes(2)));

    expect(runs()).toHaveLength(1);
    expect(state().run).toMatchObject({ phase: "done", scheduledFor: "2026-01-01T00:05:00.000Z" });
    expect(state().run?.instance).not.toBe("web-2");
    expect(logged.filter((line) => line.includes("withdrawn"))).toEqual(["web-2 cron.withdrawn"]);
  },
);

test("a claim whose answer comes after minutes is given back: its time is left out, the next one runs", async () => {
  const fleet = await served({ "web-1": 0 }, {}, "*:0/20");
  const { clock, consul, fire, state, runs } = fleet;
  onFirstClaim(fleet, async () => {
    consul.away(true);
    await loseAnswer();
  });
  const soon = fire(minutes(20));
  await clock.run(clock.sleep(minutes(27)));
  consul.away(false);
  await clock.run(soon);
  await clock.run(clock.sleep(minutes(1)));
  expect(runs()).toEqual([]);
  expect(state().run?.phase).toBe("withdrawn");
  expect(state().misfire).toEqual({
    scheduledFor: "2026-01-01T00:20:00.000Z",
    why: "no agent could begin it in time",
  });

  await clock.run(fire(minutes(40)));
  await clock.run(clock.sleep(minutes(1)));
  expect(runs()).toHaveLength(1);
  expect(state().run).toMatchObject({ phase: "done", scheduledFor: "2026-01-01T00:40:00.000Z" });
});

test("a time that passes while Consul is away is left out once in the fleet, and told", async () => {
  const { clock, consul, fire, state, runs, logged } = await served(three);
  consul.away(true);
  const fired = fire(minutes(5));
  await clock.run(clock.sleep(minutes(12)));
  consul.away(false);
  await clock.run(fired);
  await clock.run(clock.sleep(minutes(1)));
  expect(runs()).toEqual([]);
  expect(state().run).toBeUndefined();
  expect(state().misfire?.scheduledFor).toBe("2026-01-01T00:05:00.000Z");
  expect(logged.filter((line) => line.includes("cron.misfire"))).toHaveLength(1);
});

test.each(["is made anew", "is given back"])(
  "a claim that reaches Consul only after a later one of its instance %s, and is not told as cut",
  async (how) => {
    const { clock, consul, fire, instance, state, runs, told } = await served({ "web-1": 0 });
    const { write } = consul;
    const claims: (readonly Operation[])[] = [];
    consul.write = async (operations) => {
      if (!JSON.stringify(operations).includes("running") || claims.push(operations) > 2)
        return write(operations);
      const [first = []] = claims;
      if (claims.length === 1) await loseAnswer();
      await write(first);
      if (how === "is made anew") return write(operations);
      instance("web-1").isDrained = true;
      return loseAnswer();
    };
    await clock.run(fire(minutes(5)));
    await clock.run(clock.sleep(minutes(1)));
    const [phase, count] = how === "is made anew" ? ["done", 1] : ["withdrawn", 0];
    expect([state().run?.phase, runs().length, told]).toEqual([phase, count, []]);
  },
);

/** What Consul has of the time 00:05, which web-2 claimed. */
const claimedElsewhere = (phase: "running" | "withdrawn") =>
  formatDocument(CronState, "cron", {
    schema: schemaVersion,
    run: {
      ...{ scheduledFor: "2026-01-01T00:05:00.000Z", startedAt: "2026-01-01T00:05:00.100Z" },
      ...{ instance: "web-2", release: release(1), environmentId: "e1", phase },
    },
  });

test("a time that comes while one is settled that another instance gave back waits for it", async () => {
  const fleet = fleetWithCron(
    { "web-1": 0 },
    { [release(1)]: { cron: { ms: minutes(0.5) } } },
    "*:0/1",
  );
  const { clock, consul, serve, agent, instance, fire, state, runs } = fleet;
  await serve("web-1", 1);
  const { cron } = instance("web-1").machine;
  const { reset } = cron;
  cron.reset = async () => {
    await clock.sleep(1000);
    await reset();
  };
  // The agent looks at it each 30 s from now on: half a second before the next time comes.
  await clock.run(clock.sleep(minutes(5) + 29_500));
  consul.put(keys.cron("web", "nightly"), claimedElsewhere("running"));
  await agent("web-1");
  await clock.run(clock.sleep(10_000));
  consul.put(keys.cron("web", "nightly"), claimedElsewhere("withdrawn"));
  await clock.run(fire(minutes(6)));
  await clock.run(clock.sleep(minutes(0.9)));

  expect(runs()).toHaveLength(1);
  expect(state()).toMatchObject({
    run: { instance: "web-1", phase: "done", scheduledFor: "2026-01-01T00:05:00.000Z" },
    misfire: { scheduledFor: "2026-01-01T00:06:00.000Z" },
  });
  expect(state().failure).toBeUndefined();
});

test("a time that was given back and that nobody took is left out when the next one is claimed", async () => {
  const { clock, consul, fire, state } = await served({ "web-1": 0 });
  await clock.run(clock.sleep(minutes(8)));
  consul.put(keys.cron("web", "nightly"), claimedElsewhere("withdrawn"));
  await clock.run(fire(minutes(10)));
  await clock.run(clock.sleep(10_000));
  expect(state()).toMatchObject({
    run: { phase: "done", scheduledFor: "2026-01-01T00:10:00.000Z" },
    misfire: { scheduledFor: "2026-01-01T00:05:00.000Z" },
  });
});

test("a time that was given back before the agent began runs, and is left out and told where it is too late", async () => {
  for (const [startMinute, phase, count] of [
    [6, "done", 1],
    [12, "withdrawn", 0],
  ] as const) {
    const { clock, consul, serve, agent, state, runs, told } = fleetWithCron({ "web-1": 0 });
    await serve("web-1", 1);
    await clock.run(clock.sleep(minutes(startMinute)));
    consul.put(keys.cron("web", "nightly"), claimedElsewhere("withdrawn"));
    for (let n = 0; n < 2; n += 1) {
      await agent("web-1");
      await clock.run(clock.sleep(10_000));
    }
    expect([state().run?.phase, runs().length]).toEqual([phase, count]);
    const why = "left out 00:05 no agent could begin it in time";
    expect(told).toEqual(count === 0 ? [why] : []);
  }
});

test.each([
  ["nothing any more", "schema", "cron.missed the answer was lost. Unchanged: nothing. Next: ls"],
  ["not how it ended", "done", "cron.misfire no agent could begin it in time"],
])(
  "a time that comes after a run of which Consul takes %s is told when it is too late",
  async (_, refused, line) => {
    const { clock, consul, fire, logged, runs } = await served({ "web-1": 0 });
    await clock.run(fire(minutes(5)));
    const { write } = consul;
    consul.write = async (operations) =>
      JSON.stringify(operations).includes(refused) ? loseAnswer() : write(operations);
    for (const n of [10, 20]) await clock.run(fire(minutes(n)));
    expect(logged.filter((it) => it.includes(".mis"))).toEqual([`web-1 ${line}`, `web-1 ${line}`]);
    expect(runs()).toHaveLength(1);
  },
);

test("a claim whose instance hears of it after minutes is made anew, and the next time waits for its run", async () => {
  const { clock, fire, wake, serve, agent, instance, state, runs } = fleetWithCron(
    { "web-1": 2, "web-2": 0 },
    { [release(1)]: { cron: { ms: 55_000 } } },
  );
  for (const name of ["web-1", "web-2"]) {
    await serve(name, 1);
    await agent(name, {
      nightly: { command: ["bin/clear"], at: "*:*:0/20", timeoutSeconds: 60 },
    });
  }
  // Consul takes the claim of web-1, which then does not reach it for a while.
  const { machine } = instance("web-1");
  let isCut = false;
  let writes = 0;
  machine.inject((_, effect) => {
    if (isCut) return effect.startsWith("consul.") ? "fail" : undefined;
    if (effect !== "consul.write") return undefined;
    writes += 1;
    isCut = writes === 1;
    return isCut ? "fail after" : undefined;
  });
  const settled = fire(minutes(5));
  await clock.run(clock.sleep(minutes(6.87)));
  expect([state().run?.instance, runs().length]).toEqual(["web-1", 0]);
  isCut = false;
  await clock.run(settled);

  // By its first claim it would be over now: after a timeout, a stop and a minute.
  await clock.run(clock.sleep(44_000));
  await wake("web-2", "00:07:40.010");
  expect(runs()).toHaveLength(1);
  await clock.run(clock.sleep(minutes(1)));
  expect(state()).toMatchObject({ run: { instance: "web-1", phase: "done" } });
  expect(state().failure).toBeUndefined();
});

test("a run whose files are written only after others may think it over is not started, and is told", async () => {
  const { clock, fire, instance, state, runs } = await served({ "web-1": 0 });
  const { store } = instance("web-1").machine;
  store.stageOneShot = () => clock.sleep(minutes(12));
  await clock.run(fire(minutes(5)));
  await clock.run(clock.sleep(minutes(13)));
  expect(runs()).toEqual([]);
  expect(state().failure?.error).toBe("its files took 720.0 s to write, so it was not started");
});

test("a run that ended while Consul was away for minutes is not told as cut when it is back", async () => {
  for (let laterMs = 0; laterMs < 6000; laterMs += 500) {
    const { clock, consul, fire, state, runs, told } = await served(three, {
      [release(1)]: { cron: { ms: minutes(1) } },
    });
    await clock.run(fire(minutes(5)));
    await clock.run(clock.sleep(10_000));
    consul.away(true);
    await clock.run(clock.sleep(minutes(14.8) + laterMs));
    const next = fire(minutes(20));
    consul.away(false);
    await clock.run(next);
    await clock.run(clock.sleep(minutes(2)));
    expect([laterMs, state().failure, runs().length, told]).toEqual([laterMs, undefined, 2, []]);
  }
});

test.each(["leaves", "is drained"])(
  "a run whose instance %s ends, is written, and later times run elsewhere",
  async (what) => {
    const { clock, fire, instance, state, runs, told } = await served(three, {
      [release(1)]: { cron: { ms: minutes(4) } },
    });
    await clock.run(fire(minutes(5)));
    expect(state().run).toMatchObject({ instance: "web-2", phase: "running" });
    if (what === "leaves") instance("web-2").leaving.abort();
    else instance("web-2").isDrained = true;
    await clock.run(clock.sleep(minutes(4)));
    expect(state().run).toMatchObject({ instance: "web-2", phase: "done" });

    await clock.run(fire(minutes(10)));
    expect(state().run?.instance).not.toBe("web-2");
    expect([runs().length, told]).toEqual([2, []]);
  },
);

test("an agent that comes late leaves the time out, and that is told", async () => {
  const { clock, wake, state, runs } = await served({ "web-1": 0 });
  await clock.run(clock.sleep(minutes(11)));
  await wake("web-1", "00:05:00.010");
  expect(state().misfire?.why).toBe("no agent could begin it in time");
  expect(runs()).toEqual([]);
});

test("instances that wake minutes after a time, each at another second, run it once", async () => {
  const { clock, wake, state, runs } = await served(three);
  await clock.run(clock.sleep(minutes(13)));
  for (const [i, name] of Object.keys(three).entries()) await wake(name, `00:12:0${i}.010`);
  expect(runs()).toHaveLength(1);
  expect(state().run?.scheduledFor).toBe("2026-01-01T00:10:00.000Z");
});

test("instances that wake long after a time, each at another second, leave it out", async () => {
  const { clock, wake, runs, logged } = await served(three, {}, "hourly");
  await clock.run(clock.sleep(minutes(13)));
  for (const [i, name] of Object.keys(three).entries()) await wake(name, `00:12:0${i}.010`);
  expect(runs()).toEqual([]);
  for (const name of Object.keys(three)) {
    expect(logged).toContain(`${name} cron.missed its timer fired more than 300 s late`);
  }
});

test("a new agent goes on with the run of the one before, and a machine that was cut tells it", async () => {
  const { clock, fire, instance, agent, state, runs } = await served(
    { "web-1": 0 },
    { [release(1)]: { cron: { ms: minutes(2) } } },
  );
  await clock.run(fire(minutes(5)));
  const { machine } = instance("web-1");
  machine.newAgent();
  await agent("web-1");
  await clock.run(clock.sleep(minutes(3)));
  expect(state().run?.phase).toBe("done");

  await clock.run(fire(minutes(10)));
  machine.cutPower();
  await agent("web-1");
  await clock.run(clock.sleep(5000));
  expect(state().run).toMatchObject({ phase: "failed" });
  expect(state().failure?.error).toContain("it was cut");
  expect(runs()).toHaveLength(2);
});

test("a command that the cluster file calls otherwise while it runs ends, and is told", async () => {
  const fleet = await served(
    { "web-1": 0, "web-2": 3 },
    { [release(1)]: { cron: { ms: minutes(4), fails: true } } },
  );
  const { clock, fire, agent, state, runs, told } = fleet;
  await clock.run(fire(minutes(5)));
  // Another instance has the new file already; that of the run is replaced later.
  const hourly = { command: ["bin/clear"], at: "hourly", timeoutSeconds: 60 };
  await agent("web-1", { hourly });
  await clock.run(clock.sleep(minutes(10)));
  expect(state().run).toMatchObject({ instance: "web-2", phase: "failed" });
  expect([runs().length, told.length]).toEqual([1, 1]);
});

test("wherever the agent is killed, a time runs once at most, and the next one runs", async () => {
  let cut = 0;
  let at = 0;
  for (; ; at += 1) {
    const { clock, fire, wake, instance, agent, state, runs } = await served({ "web-1": 0 });
    const { machine } = instance("web-1");
    await clock.run(clock.sleep(1000));
    machine.inject((effect) => (effect === at ? "die after" : undefined));
    void fire(minutes(5));
    await clock.run(clock.sleep(minutes(5) + 10_000));
    if (!machine.isDead()) break;
    machine.newAgent();
    await agent("web-1");
    // The mark is still there where its agent did not settle it.
    await wake("web-1", "00:05:00.010");
    const how = `killed after effect ${at}: ${JSON.stringify(state())}`;
    expect(runs().length, how).toBeLessThanOrEqual(1);
    if (state().run?.phase === "failed") cut += 1;
    else expect([state().run?.phase, runs().length], how).toEqual(["done", 1]);

    const before = runs().length;
    await clock.run(fire(minutes(10)));
    await clock.run(clock.sleep(10_000));
    expect(runs().length, how).toBe(before + 1);
  }
  expect(at).toBeGreaterThan(8);
  // Only between the claim and the start of the unit.
  expect(cut).toBeGreaterThan(0);
  expect(cut).toBeLessThan(4);
});
