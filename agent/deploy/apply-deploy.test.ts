import { expect, test } from "vitest";
import type { Consul } from "../../lib/consul.ts";
import { type MemoryConsul, memoryConsul } from "../../lib/testing/memory-consul.ts";
import { Deploy, InstanceRollout, parseDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Span } from "../../trace/spans.ts";
import { latestDeploy } from "../core/latest-deploy.ts";
import { openJournal } from "../core/state.ts";
import { ClosableSupervisor } from "../roll/closable-supervisor.ts";
import { retireAll } from "../roll/retire.ts";
import { Retirements } from "../roll/retirements.ts";
import { StatusWriter } from "../rollout/status-writer.ts";
import { aDeploy, aService, silentLog } from "../testing/builders.ts";
import { healthOf } from "../testing/health-of.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { type Behaviour, simulatedMachine } from "../testing/simulated-machine/index.ts";
import { noTracing } from "../trace/tracing.ts";
import { applyDeploy } from "./apply-deploy.ts";
import type { DeployContext } from "./context.ts";

/** An instance of a fleet that shares one Consul and one clock. */
async function anInstance(
  name: string,
  consul: MemoryConsul,
  clock = simulatedClock(),
  behaviours: Readonly<Record<string, Behaviour>> = {},
) {
  const service = aService();
  const machine = simulatedMachine({ service, clock, behaviours });
  const latest = latestDeploy();
  const spans: Span[] = [];
  const journal = await openJournal(machine.file);
  const on: DeployContext = {
    ...machine,
    health: healthOf(machine, { service, journal, clock, instance: name }),
    service,
    clock,
    instance: name,
    incarnation: "run 1",
    consul,
    secrets: async () => new Map(),
    journal,
    statusWriter: new StatusWriter({ consul, clock, log: silentLog }),
    retirements: new Retirements(),
    latestDeploy: latest,
    tracing: { ...noTracing, export: (added) => void spans.push(...added) },
    notifiers: [],
    log: silentLog,
  };
  const deploy = async (desired: Deploy) => {
    latest.put(desired);
    await clock.run(applyDeploy(on, desired));
    await clock.run(on.statusWriter.settled());
  };
  return { machine, deploy, on, latest, clock, spans };
}

const document = <T>(
  consul: MemoryConsul,
  key: string,
  schema: Parameters<typeof parseDocument>[0],
) => parseDocument(schema, key, consul.text(key) ?? "") as T;
const rolloutOf = (consul: MemoryConsul, revision: number) =>
  document<Rollout>(consul, keys.rollout("web", revision), Rollout);
const reportOf = (consul: MemoryConsul, revision: number, name: string) =>
  document<InstanceRollout>(consul, keys.rolloutInstance("web", revision, name), InstanceRollout);

test("the rollout is done and the deploy is good when every registered instance is done", async () => {
  const consul = memoryConsul();
  consul.nodes("web", ["web-1", "web-2"]);
  const clock = simulatedClock();
  const [one, two] = [
    await anInstance("web-1", consul, clock),
    await anInstance("web-2", consul, clock),
  ];

  await one.deploy(aDeploy(1));
  expect(rolloutOf(consul, 1).phase).toBe("rolling");
  expect(consul.text(keys.good("web"))).toBeUndefined();

  await two.deploy(aDeploy(1));
  expect(rolloutOf(consul, 1).phase).toBe("done");
  expect(document<Deploy>(consul, keys.good("web"), Deploy).release.id).toBe(aDeploy(1).release.id);
});

test("the deploy that was good before stays known, so that a rollback needs no name", async () => {
  const consul = memoryConsul();
  consul.nodes("web", ["web-1"]);
  const one = await anInstance("web-1", consul);
  await one.deploy(aDeploy(1));
  await one.deploy(aDeploy(2));
  expect(document<Deploy>(consul, keys.good("web"), Deploy).revision).toBe(2);
  expect(document<Deploy>(consul, keys.previousGood("web"), Deploy).revision).toBe(1);
});

test("the first instance that fails halts the others before they touch a process", async () => {
  const consul = memoryConsul();
  consul.nodes("web", ["web-1", "web-2"]);
  const clock = simulatedClock();
  const bad = { [aDeploy(2).release.id]: { status: 500 } };
  const one = await anInstance("web-1", consul, clock, bad);
  const two = await anInstance("web-2", consul, clock, bad);
  for (const each of [one, two]) await each.deploy(aDeploy(1));

  await one.deploy(aDeploy(2));
  await two.deploy(aDeploy(2));

  expect(rolloutOf(consul, 2).phase).toBe("failed");
  expect(reportOf(consul, 2, "web-1")).toMatchObject({
    phase: "failed",
    error: expect.stringContaining("it answered 500"),
  });
  expect(reportOf(consul, 2, "web-2").phase).toBe("halted");
  expect(two.machine.serving()).toEqual(Array(4).fill(aDeploy(1).release.id));
  expect(document<Deploy>(consul, keys.good("web"), Deploy).revision).toBe(1);
});

test("only one instance rolls at a time, and the slot is free again afterwards", async () => {
  const consul = memoryConsul();
  const one = await anInstance("web-1", consul);
  await one.deploy(aDeploy(1));
  const entry = (await consul.get(keys.slot("web", 1))).found;
  expect(entry?.session).toBeUndefined();
});

test("a config that lost most of its variables fails the deploy and touches nothing", async () => {
  const consul = memoryConsul();
  for (const name of ["A", "B", "C"]) consul.put(keys.configVariable("web", name), "1");
  const one = await anInstance("web-1", consul);
  await one.deploy(aDeploy(1));
  for (const name of ["A", "B", "C"]) consul.remove(keys.configVariable("web", name));

  await one.deploy(aDeploy(2));
  expect(reportOf(consul, 2, "web-1").error).toContain("lost 3 of its 3 variables (A, B, C)");
  expect(one.machine.serving()).toEqual(Array(4).fill(aDeploy(1).release.id));

  await one.deploy(aDeploy(3, { acceptShrunkConfig: true }));
  expect(one.machine.serving()).toEqual(Array(4).fill(aDeploy(3).release.id));
});

test("service config wins over global config and reaches the processes", async () => {
  const consul = memoryConsul();
  consul.put(keys.configVariable("global", "GREETING"), "from global");
  consul.put(keys.configVariable("web2", "GREETING"), "another service's");
  const one = await anInstance("web-1", consul);
  await one.deploy(aDeploy(1));
  expect(one.machine.environments()).toEqual(Array(4).fill("from global"));

  consul.put(keys.configVariable("web", "GREETING"), "from web");
  await one.deploy(aDeploy(2));
  expect(one.machine.environments()).toEqual(Array(4).fill("from web"));
});

test("a rollback restores the environment that its release served with", async () => {
  const consul = memoryConsul();
  const one = await anInstance("web-1", consul);
  consul.put(keys.configVariable("web", "GREETING"), "old");
  await one.deploy(aDeploy(1));
  consul.put(keys.configVariable("web", "GREETING"), "new");
  await one.deploy(aDeploy(2));

  await one.deploy(aDeploy(1, { revision: 3, kind: "rollback", at: "2026-01-01T00:03:00.000Z" }));

  expect(one.machine.serving()).toEqual(Array(4).fill(aDeploy(1).release.id));
  expect(one.machine.environments()).toEqual(Array(4).fill("old"));
});

test("nothing is touched while Consul is away, and the deploy goes on when it is back", async () => {
  const consul = memoryConsul();
  const one = await anInstance("web-1", consul);
  await one.deploy(aDeploy(1));
  consul.away(true);
  one.latest.put(aDeploy(2));
  const carried = applyDeploy(one.on, aDeploy(2));
  await one.clock.run(one.clock.sleep(60_000));
  expect(one.machine.serving()).toEqual(Array(4).fill(aDeploy(1).release.id));

  consul.away(false);
  await one.clock.run(carried);
  expect(one.machine.serving()).toEqual(Array(4).fill(aDeploy(2).release.id));
});

test("a deploy whose token was revoked waits until access is granted again, and does not see an empty config", async () => {
  const consul = memoryConsul();
  const one = await anInstance("web-1", consul);
  await one.deploy(aDeploy(1));
  consul.deny(true);
  one.latest.put(aDeploy(2));
  const carried = applyDeploy(one.on, aDeploy(2));
  await one.clock.run(one.clock.sleep(10_000));
  expect(one.machine.serving()).toEqual(Array(4).fill(aDeploy(1).release.id));
  consul.deny(false);
  await one.clock.run(carried);
  expect(one.machine.serving()).toEqual(Array(4).fill(aDeploy(2).release.id));
});

test("an instance whose session ended while it waited acquires the slot with a new one", async () => {
  const consul = memoryConsul();
  const { deploy, on } = await anInstance("web-1", consul);
  const other = await consul.createSession("another instance", 15);
  const key = keys.slot("web", 1);
  await consul.write([{ verb: "lock", key, value: "{}", session: other }]);
  // As soon as it waits for the slot, its own session ends and the slot becomes free.
  const list = consul.list;
  let isEnded = false;
  const waiting: Consul["list"] = async (prefix, options) => {
    if (prefix !== keys.slots("web") || isEnded) return list(prefix, options);
    isEnded = true;
    consul.expireSession(on.journal.current().session ?? "");
    await consul.write([{ verb: "unlock", key, value: "{}", session: other }]);
    return list(prefix);
  };
  Object.assign(consul, { list: waiting });
  await deploy(aDeploy(1));

  expect(reportOf(consul, 1, "web-1").phase).toBe("done");
});

test("a report has every step with its times, and the trace is built from it", async () => {
  const consul = memoryConsul();
  consul.nodes("web", ["web-1", "web-2"]);
  const clock = simulatedClock();
  const one = await anInstance("web-1", consul, clock);
  const two = await anInstance("web-2", consul, clock);
  for (const each of [one, two]) await each.deploy(aDeploy(1));
  for (const each of [one, two]) each.spans.length = 0;

  for (const each of [one, two]) await each.deploy(aDeploy(2));

  const report = reportOf(consul, 2, "web-1");
  expect(report.steps?.map(({ step }) => step).slice(0, 2)).toEqual(["prepare", "slot"]);
  for (const { steps = [] } of Object.values(report.processes)) {
    expect(steps.map(({ step }) => step)).toEqual([
      ...["stage", "start", "probe", "open", "drain", "stop"],
    ]);
    expect(steps.find(({ step }) => step === "probe")?.ms).toBeGreaterThan(0);
  }
  const names = (of: readonly Span[]) => of.map(({ name }) => name);
  expect(names(one.spans)).not.toContain("rollout");
  expect(names(two.spans).filter((name) => name === "rollout")).toHaveLength(1);
  const all = [...one.spans, ...two.spans];
  const ids = new Set(all.map(({ spanId }) => spanId));
  const roots = all.filter(({ parentId }) => parentId === undefined || !ids.has(parentId));
  expect(names(roots)).toEqual(["rollout"]);
});

test("the report of a failed step has the error, and how long the undo took", async () => {
  const consul = memoryConsul();
  const bad = { [aDeploy(2).release.id]: { status: 500 } };
  const one = await anInstance("web-1", consul, simulatedClock(), bad);
  await one.deploy(aDeploy(1));
  one.spans.length = 0;
  await one.deploy(aDeploy(2));

  const steps = reportOf(consul, 2, "web-1").processes["1"]?.steps ?? [];
  expect(steps.slice(-2)).toMatchObject([
    { step: "probe", error: expect.stringContaining("it answered 500") },
    { step: "undo" },
  ]);
  expect(one.spans.find(({ name }) => name === "rollout")?.error).toContain("it answered 500");
});

test("an instance that leaves in the middle of its roll does not fail the rollout", async () => {
  const consul = memoryConsul();
  consul.nodes("web", ["web-1", "web-2"]);
  const one = await anInstance("web-1", consul);
  await one.deploy(aDeploy(1));
  const units = new ClosableSupervisor(one.machine.supervisor);
  const slow = { ...one.on.service, minHealthyTimeSeconds: 100, startTimeoutSeconds: 300 };
  const on = { ...one.on, service: slow, supervisor: units, units };
  one.latest.put(aDeploy(2));
  const rolling = applyDeploy(on, aDeploy(2));
  await one.clock.run(one.clock.sleep(50_000));

  one.latest.end();
  await one.clock.run(retireAll(on));
  await one.clock.run(rolling);
  await one.clock.run(on.statusWriter.settled());

  expect(reportOf(consul, 2, "web-1").phase).toBe("superseded");
  expect(rolloutOf(consul, 2).phase).not.toBe("failed");
  expect(one.machine.serving()).toEqual(Array(4).fill("out"));
});
