import { expect, test } from "vitest";
import type { Entry } from "../lib/consul.ts";
import { keys } from "../protocol/keys.ts";
import { historyLength, servicesOf } from "./state.ts";
import {
  aDeploy,
  aProcess,
  at,
  type Documents,
  deployed,
  drain,
  good,
  hold,
  instance,
  past,
  pause,
  rollout,
  steps,
} from "./testing/documents.ts";
import { story } from "./testing/story.ts";

const entries = (documents: Documents): Entry[] =>
  Object.entries(documents).map(([key, value]) => ({ key, value, modifyIndex: 1 }));

const services = (...documents: readonly Documents[]) =>
  servicesBy(entries(Object.assign({}, ...documents)));

function servicesBy(all: readonly Entry[], leases: readonly Entry[] = []) {
  const under = (prefix: string) => all.filter(({ key }) => key.startsWith(prefix));
  return servicesOf("local", {
    deploys: under(keys.deploys()),
    holds: under(keys.holds()),
    pauses: under(keys.pauses()),
    drains: under(keys.drains()),
    releases: under(keys.allReleases()),
    leases,
    rollouts: under("rollouts/"),
  });
}
const only = (...documents: readonly Documents[]) => {
  const [service] = services(...documents);
  if (!service) throw new Error("no service");
  return service;
};

test("a deploy that no agent has begun is shown as announced", () => {
  const deploy = aDeploy();
  expect(only(deployed(deploy))).toMatchObject({
    service: "web",
    phase: "announced",
    deploy: { release: deploy.release.id, by: "ci", reason: "a push", revision: 7 },
    instances: [],
  });
});

test("an instance says how many of its processes had to be killed at their stop", () => {
  const deploy = aDeploy();
  const killed = { killed: 2, killedAfterSeconds: 5 };
  const { instances } = only(
    deployed(deploy),
    instance(deploy, "web-1", killed),
    instance(deploy, "web-2", {}),
  );
  expect(instances.map((it) => it.killed)).toEqual([
    "web-1: 2 processes were killed after 5 s: they had not stopped",
    undefined,
  ]);
});

test("each process is shown with its release and phase, by number", () => {
  const [before, deploy] = [aDeploy({ sequence: 6 }), aDeploy()];
  const processes = { "10": aProcess(before), "2": aProcess(deploy, { phase: "probing" }) };
  const { phase, instances } = only(
    deployed(deploy),
    rollout(deploy, { phase: "rolling" }),
    instance(deploy, "web-1", { processes }),
  );
  expect(phase).toBe("rolling");
  expect(instances[0]?.processes).toEqual([
    { number: 2, release: deploy.release.id, phase: "probing", since: at(0) },
    { number: 10, release: before.release.id, phase: "serving", since: at(0) },
  ]);
});

test("a singleton serves on the instance that holds its lease, and is standby on the others", () => {
  const deploy = aDeploy();
  const clock = aProcess(deploy, { kind: "clock", singleton: true });
  const processes = { "1": aProcess(deploy, { kind: "web" }), "2": clock };
  const documents = Object.assign(
    ...[deployed(deploy), rollout(deploy, { phase: "done" })],
    ...["web-1", "web-2"].map((name) => instance(deploy, name, { processes })),
  );
  const phases = (...leases: readonly Entry[]) =>
    servicesBy(entries(documents), leases).map(({ instances }) =>
      instances.map((it) => it.processes.map(({ phase }) => phase)),
    )[0];
  const lease = { key: keys.singleton("web", "clock"), value: "web-2", modifyIndex: 1 };
  const ofAnother = { ...lease, key: keys.singleton("api", "clock"), session: "s" };
  const standby = ["serving", "standby"];
  const serving = ["serving", "serving"];
  expect(phases({ ...lease, session: "s" })).toEqual([standby, serving]);
  expect(phases(lease, ofAnother)).toEqual([standby, standby]);
});

test("a held service is shown whether it was deployed or not, with the last known good release", () => {
  const deploy = aDeploy();
  const found = services(deployed(deploy), good(deploy), hold("mail", "olu", "broken", at(3)));
  expect(found.map(({ service, phase }) => [service, phase])).toEqual([
    ["mail", "never"],
    ["web", "announced"],
  ]);
  expect(found[0]?.hold).toEqual({ by: "olu", reason: "broken", at: at(3) });
  expect(found[1]?.good).toBe(deploy.release.id);
});

test("the usual time is the median of good rollouts before this one", () => {
  const done = [10, 30, 20, 90].map((seconds, i) => {
    const deploy = aDeploy({ sequence: i + 1, at: at(i * 100) });
    const phase = seconds === 90 ? "failed" : "done";
    return { ...past(deploy), ...rollout(deploy, { phase, endedAt: at(i * 100 + seconds) }) };
  });
  const deploy = aDeploy({ sequence: 9, at: at(500) });
  const { clock } = only(...done, deployed(deploy), rollout(deploy, { phase: "rolling" }));
  expect(clock).toEqual({ from: at(500), usualSeconds: 20, usualOf: 3 });
});

test("the clock has the sum of all processes' times where they were recorded", () => {
  const before = aDeploy({ sequence: 1 });
  const timed = steps(2, ["start", 3], ["probe", 1], ["drain", 9], ["stop", 1]);
  const processes = {
    "1": aProcess(before, { steps: timed }),
    "2": aProcess(before, { steps: timed }),
  };
  const deploy = aDeploy({ sequence: 2, at: at(50) });
  const { clock } = only(
    past(before),
    rollout(before, { phase: "done", endedAt: at(20) }),
    instance(before, "web-1", { startedAt: at(2), processes }),
    deployed(deploy),
  );
  expect(clock?.oneByOneSeconds).toBe(10);
});

test("a watched rollout has the time until it served, and the end of its watch", () => {
  const deploy = aDeploy();
  const times = { servedAt: at(6), watchedUntil: at(66) };
  const restarts = { restarts: 2, lastExit: "it exited with status 1" };
  const processes = { "1": aProcess(deploy, restarts), "2": aProcess(deploy, { restarts: 0 }) };
  const watching = only(
    deployed(deploy),
    rollout(deploy, { phase: "watching", ...times }),
    instance(deploy, "web-1", { phase: "done", processes }),
  );
  expect(watching.phase).toBe("watching");
  expect(watching.clock).toMatchObject({ until: at(6), watchedUntil: at(66) });
  expect(watching.instances[0]?.processes).toMatchObject([{ number: 1, ...restarts }, {}]);
  expect(watching.instances[0]?.processes[1]).not.toHaveProperty("restarts");
  const done = only(
    deployed(deploy),
    rollout(deploy, { phase: "done", ...times, endedAt: at(67) }),
  );
  expect(done.history[0]).toMatchObject({ phase: "done", seconds: 6 });
  expect(done.clock).not.toHaveProperty("watchedUntil");
});

test("instances that run something newer than the deploy are a problem of the service", () => {
  const deploy = aDeploy();
  const runs = { revision: 9, release: "web-9-aaaaaaa", at: at(1) };
  const { problem } = only(
    deployed(deploy),
    rollout(deploy, { phase: "done", endedAt: at(10) }),
    instance(deploy, "web-1", { phase: "runs newer", runs }),
    instance(deploy, "web-2", { phase: "runs newer", runs }),
  );
  expect(problem).toContain("web-1, web-2 run what is newer: revision 9");
});

test("a clock without good rollouts has no usual time", () => {
  const deploy = aDeploy();
  expect(only(deployed(deploy)).clock).toEqual({ from: at(0), usualOf: 0 });
});

test("the parts of a deploy add up to its time and follow its timed steps", () => {
  const deploy = aDeploy();
  const process = aProcess(deploy, { steps: steps(2, ["start", 3], ["probe", 1], ["drain", 2]) });
  const { history } = only(
    deployed(deploy),
    rollout(deploy, { phase: "done", endedAt: at(10) }),
    instance(deploy, "web-1", {
      startedAt: at(2),
      steps: steps(0, ["prepare", 2]),
      processes: { "1": process },
    }),
    instance(deploy, "web-2", { phase: "halted" }), // it recorded no step because it did nothing
  );
  expect(history[0]).toMatchObject({ phase: "done", seconds: 10, bySteps: true });
  expect(history[0]?.parts).toEqual([
    { part: "prepare", seconds: 2 },
    { part: "drain", seconds: 2 },
    { part: "start", seconds: 3 },
    { part: "probe", seconds: 1 },
    { part: "other", seconds: 2 },
  ]);
});

test("without timed steps, the parts come from the instance's own times", () => {
  const deploy = aDeploy();
  const times = { seenAt: at(1), startedAt: at(3), servedAt: at(7), endedAt: at(9) };
  const { history } = only(
    deployed(deploy),
    rollout(deploy, { phase: "done", endedAt: at(10) }),
    instance(deploy, "web-1", { ...times, processes: { "1": aProcess(deploy) } }),
  );
  expect(history[0]?.bySteps).toBe(false);
  expect(history[0]?.parts).toEqual([
    { part: "prepare", seconds: 2 },
    { part: "drain", seconds: 2 },
    { part: "roll", seconds: 4 },
    { part: "other", seconds: 2 },
  ]);
});

test("history has the last deploys, the newest first, with their errors", () => {
  const all = Array.from({ length: historyLength + 3 }, (_, i) =>
    past(aDeploy({ sequence: i + 1 })),
  );
  const bad = aDeploy({ sequence: 40 });
  const { history } = only(
    ...all,
    deployed(bad),
    rollout(bad, { phase: "failed", endedAt: at(9) }),
    instance(bad, "web-1", { phase: "failed", error: "it answered 500" }),
  );
  expect(history).toHaveLength(historyLength);
  expect(history[0]).toMatchObject({ phase: "failed", errors: ["web-1: it answered 500"] });
});

test("a rollout that seems to end before its deploy has a duration of zero", () => {
  const deploy = aDeploy({ at: at(10) });
  const ended = rollout(deploy, { phase: "done", endedAt: at(9) });
  expect(only(deployed(deploy), ended).history[0]).toMatchObject({ seconds: 0, parts: [] });
});

test("an invalid document affects only its own service", () => {
  const deploy = aDeploy();
  const found = services(deployed(deploy), { "deploys/api": '{"schema":3}' });
  expect(found.map(({ service, problem }) => [service, problem])).toEqual([
    ["api", expect.stringContaining("deploys/api cannot be read: its schema is 3")],
    ["web", undefined],
  ]);
});

test("only the shown fields leave: no archive address, no unknown field", () => {
  const deploy = { ...aDeploy(), note: "not for the page" };
  const text = JSON.stringify(services(deployed(deploy), story()));
  expect(text).not.toMatch(/s3:|sha256|versionId|not for the page/);
});

test("a pause and a drain are shown with their author and reason", () => {
  const deploy = aDeploy();
  const service = only(
    deployed(deploy),
    rollout(deploy, { phase: "rolling" }),
    instance(deploy, "web-1", {}),
    instance(deploy, "web-2", { phase: "waiting" }),
    pause("web", "olu", "look at it first", at(5)),
    drain("web-2", "ines", "a new disk", 3),
    drain("mail-1", "ines", "another service's", 3),
  );
  expect(service.pause).toEqual({ by: "olu", reason: "look at it first", at: at(5) });
  expect(service.instances.map(({ instance: name, drain: of }) => [name, of?.reason])).toEqual([
    ["web-1", undefined],
    ["web-2", "a new disk"],
  ]);
  expect(service.instances[1]?.drain?.until).toBe(at(3603));
});
