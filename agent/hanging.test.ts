import { expect, test } from "vitest";
import { type Consul, ConsulAway } from "../lib/consul.ts";
import type { Http } from "../lib/http.ts";
import { Problem } from "../lib/problem.ts";
import { memoryConsul } from "../lib/testing/memory-consul.ts";
import { InstanceRollout, parseDocument } from "../protocol/documents.ts";
import { keys } from "../protocol/keys.ts";
import type { ServiceFile } from "../protocol/service-file.ts";
import type { Clock } from "./core/effects.ts";
import { latestDeploy } from "./core/latest-deploy.ts";
import { openJournal } from "./core/state.ts";
import type { DeployContext } from "./deploy/context.ts";
import { serveService } from "./deploy/serve.ts";
import { followLifecycle } from "./instance/lifecycle.ts";
import { Retirements } from "./roll/retirements.ts";
import { StatusWriter } from "./rollout/status-writer.ts";
import { SlackNotifier } from "./slack/slack-notifier.ts";
import { aDeploy, aService, silentLog } from "./testing/builders.ts";
import { memoryHealthCheck } from "./testing/health-check.ts";
import { healthOf } from "./testing/health-of.ts";
import { simulatedClock } from "./testing/simulated-clock.ts";
import { simulatedMachine } from "./testing/simulated-machine/index.ts";
import { tracing } from "./trace/tracing.ts";

/** Ends a call that hangs as its real counterpart ends: after its bound, or when aborted. */
interface Hanging {
  /** Makes the call, unless it is one that hangs. */
  call<T>(name: string, act: () => Promise<T>, stop?: AbortSignal): Promise<T>;
}

/** One kind of call to the world outside the agent. */
interface Row {
  readonly call: string;
  /** When the real call is given up, in seconds; undefined if this process never gives it up. */
  readonly boundSeconds?: number;
  /** Which calls of the kind hang: each one, or only the first one of the deploy. */
  readonly how: "from the start" | "each" | "once" | "once, and was carried out";
  /** Its signal aborts it, so nothing waits for its bound. */
  readonly isAborted?: true;
  readonly service?: Partial<ServiceFile>;
  /** The behaviour of release 2, if the call needs a special one. */
  readonly release?: "fails" | "does not say its name";
}

const systemctlSeconds = 30;
const consulSeconds = 10;
const longPollSeconds = 69;

const rows: readonly Row[] = [
  { call: "store.fetchRelease", boundSeconds: 300, how: "each", isAborted: true },
  { call: "store.hasRelease", how: "once" },
  { call: "store.writeEnvironment", how: "once" },
  { call: "store.prune", how: "once" },
  { call: "store.readEnvironment", how: "once" },
  { call: "store.launchOf", how: "once" },
  { call: "secrets", boundSeconds: 60, how: "each", isAborted: true },
  { call: "supervisor.start", boundSeconds: systemctlSeconds, how: "once" },
  { call: "supervisor.start", boundSeconds: systemctlSeconds, how: "once, and was carried out" },
  { call: "supervisor.stop", boundSeconds: 5 + systemctlSeconds, how: "once" },
  {
    call: "supervisor.stop",
    boundSeconds: 5 + systemctlSeconds,
    how: "once",
    service: { strategy: "in-place" },
  },
  { call: "supervisor.state", boundSeconds: systemctlSeconds, how: "once" },
  {
    ...{ call: "supervisor.isEnding", boundSeconds: systemctlSeconds, how: "once" },
    release: "fails",
  },
  {
    ...{ call: "supervisor.listensOn", boundSeconds: 30, how: "once" },
    release: "does not say its name",
  },
  { call: "gate.point", boundSeconds: 30, how: "once" },
  { call: "gate.point", boundSeconds: 30, how: "once, and was carried out" },
  { call: "gate.close", boundSeconds: 30, how: "once", service: { strategy: "in-place" } },
  { call: "connections.count", boundSeconds: 30, how: "once" },
  { call: "probe.ask", boundSeconds: 2, how: "once" },
  { call: "consul.get", boundSeconds: consulSeconds, how: "once" },
  { call: "consul.list", boundSeconds: consulSeconds, how: "once" },
  { call: "consul.long poll", boundSeconds: longPollSeconds, how: "once" },
  { call: "consul.write", boundSeconds: consulSeconds, how: "once" },
  { call: "consul.write", boundSeconds: consulSeconds, how: "once, and was carried out" },
  { call: "consul.createSession", boundSeconds: consulSeconds, how: "once" },
  { call: "consul.renewSession", boundSeconds: consulSeconds, how: "once" },
  { call: "consul.serviceInstances", boundSeconds: consulSeconds, how: "once" },
  { call: "consul.registerService", boundSeconds: consulSeconds, how: "from the start" },
  ...["reset", "start", "state", "lastLines"].map(
    (call): Row => ({
      ...{ call: `before.${call}`, boundSeconds: systemctlSeconds, how: "once" },
      service: { before: { command: ["bin/migrate"], timeoutSeconds: 60 } },
    }),
  ),
  { call: "requests.start", how: "from the start" },
  { call: "requests.read", how: "once" },
  { call: "metadata", how: "from the start" },
  { call: "hook", how: "from the start" },
  { call: "trace collector", how: "from the start" },
  { call: "Slack", how: "from the start" },
  { call: "Slack's token", how: "from the start" },
];

/** Makes calls hang from `begin` on, as the row says. */
function hanging({ call: kind, boundSeconds, how }: Row, clock: Clock) {
  let isOn = false;
  let hung = 0;
  const hang = (stop?: AbortSignal) =>
    new Promise<never>((_, reject) => {
      const end = () =>
        reject(new Problem({ happened: "no answer", unchanged: "it", next: "a test" }));
      stop?.addEventListener("abort", end);
      if (boundSeconds !== undefined) void clock.sleep(boundSeconds * 1000).then(end);
    });
  const it: Hanging = {
    async call(name, act, stop) {
      if (!isOn || name !== kind || (how.startsWith("once") && hung > 0)) return act();
      hung += 1;
      if (how === "once, and was carried out") await act();
      return hang(stop);
    },
  };
  return {
    ...it,
    begin: () => {
      isOn = true;
    },
    hung: () => hung,
  };
}

/** Makes every method of an object a call of this kind. */
const wrapped = <T extends object>(it: T, kind: string, { call }: Hanging): T =>
  new Proxy(it, {
    get(target, method: string) {
      const act = target[method as keyof T] as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => {
        const stop = args.find((arg) => arg instanceof AbortSignal);
        return call(`${kind}.${method}`, () => act.apply(target, args), stop);
      };
    },
  });

/**
 * As over HTTP: a call without an answer means that Consul is away, and a signal can end a wait.
 */
const awayWhere = (consul: Consul, { call }: Hanging): Consul =>
  new Proxy(consul, {
    get(target, method: keyof Consul) {
      const act = target[method] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        const { index = 0, signal } = (args[1] ?? {}) as { index?: number; signal?: AbortSignal };
        const kind = index > 0 ? "long poll" : method;
        try {
          return await call(`consul.${kind}`, () => act(...args), signal);
        } catch (error) {
          if (error instanceof ConsulAway || !(error instanceof Problem)) throw error;
          throw new ConsulAway({ happened: error.happened, unchanged: "it", next: "a test" });
        }
      };
    },
  });

/** A complete agent on one machine, with the calls of one row hanging. */
async function anAgent(row: Row) {
  const clock = simulatedClock();
  const hangs = hanging(row, clock);
  const service = aService({ processes: 2, minHealthyTimeSeconds: 1, ...row.service });
  const kv = memoryConsul(clock.sleep);
  kv.nodes("web", ["web-1"]);
  const consul = awayWhere(kv, hangs);
  const machine = simulatedMachine({
    ...{ service, clock },
    behaviours: row.release === "fails" ? { [aDeploy(2).release.id]: { status: 500 } } : {},
  });
  const log = silentLog;
  const never: Http = () =>
    hangs.call("Slack", async () => ({ status: 503, headers: {}, body: "" }));
  const slack = new SlackNotifier({
    ...{ channel: "C1", token: "ssm:/slack", cluster: "test", http: never, clock, log },
    readSecret: () => hangs.call("Slack's token", async () => "xoxb"),
    saveSlack: async () => {},
    links: {},
  });
  const journal = await openJournal(machine.file);
  const supervisor = wrapped(machine.supervisor, "supervisor", hangs);
  const on: DeployContext = {
    ...{ service, clock, consul, log, instance: "web-1", incarnation: "run 1" },
    gate: wrapped(machine.gate, "gate", hangs),
    probe: {
      ask: (port, path) =>
        hangs
          .call("probe.ask", () => machine.probe.ask(port, path))
          .then((answer) =>
            row.release === "does not say its name" && "status" in answer
              ? { status: answer.status }
              : answer,
          )
          .catch(() => ({ error: "no answer" })),
    },
    connections: wrapped(machine.connections, "connections", hangs),
    memory: machine.memory,
    store: wrapped(machine.store, "store", hangs),
    secrets: (references, stop) =>
      hangs.call("secrets", async () => new Map(references.map((r) => [r, "s3cret"])), stop),
    ...{ journal, supervisor, before: wrapped(machine.before, "before", hangs) },
    requests: wrapped(machine.requests, "requests", hangs),
    health: healthOf({ ...machine, supervisor }, { service, journal, clock }),
    statusWriter: new StatusWriter({ consul, clock, log, random: () => 0 }),
    retirements: new Retirements(),
    latestDeploy: latestDeploy(),
    tracing: tracing({ send: () => hangs.call("trace collector", async () => {}), clock, log }),
    notifiers: [slack],
    random: () => 0,
  };
  void serveService(on, () => 0, new AbortController().signal);
  const lifecycle = { group: "web", launchHook: "l", terminateHook: "t", launchSeconds: 600 };
  void followLifecycle({
    ...{ clock, log, healthCheck: memoryHealthCheck(clock).healthCheck, services: [on] },
    unusable: [],
    agentFile: { lifecycle: { ...lifecycle, spot: false }, deregisterSeconds: 1 },
    group: {
      targetState: () => hangs.call("metadata", async () => "InService"),
      spotNotice: async () => undefined,
      complete: () => hangs.call("hook", async () => true),
      extend: () => hangs.call("hook", async () => true),
    },
    launched: { read: async () => false, write: async () => {} },
    stopRolling: () => {},
    stopServing: async () => {},
  });
  return { clock, hangs, machine, kv };
}

const rollback = aDeploy(1, { revision: 3, kind: "rollback", at: "2026-01-01T00:03:00.000Z" });
/** A roll of two processes without obstacles, its undo, and the steps between two tries. */
const rollSeconds = 30;
/** Less than the agent waits for work that ignores its abort signal (while-latest.ts). */
const abortSeconds = 5;

test("a rollback ends within its bound whichever call to the outside hangs for ever", async () => {
  for (const row of rows) {
    const { clock, hangs, machine, kv } = await anAgent(row);
    const announce = (deploy: typeof rollback) =>
      kv.put(keys.deploy("web"), JSON.stringify(deploy));
    kv.put(keys.configVariable("web", "TOKEN"), "ssm:/token");
    if (row.how === "from the start") hangs.begin();
    announce(aDeploy(1));
    await clock.run(clock.sleep(30_000));
    hangs.begin();
    announce(aDeploy(2));
    await clock.run(clock.sleep(5000));

    announce(rollback);
    const from = clock.monotonicMs();
    const report = () => {
      const key = keys.rolloutInstance("web", 3, "web-1");
      const text = kv.text(key);
      return text === undefined ? undefined : parseDocument(InstanceRollout, key, text).phase;
    };
    const name = `${row.call} (${row.how}, ${row.service?.strategy ?? "overlap"})`;
    const bound = row.isAborted ? abortSeconds : (row.boundSeconds ?? 0) + rollSeconds;
    while (report() !== "done" && clock.monotonicMs() - from < bound * 1000) {
      await clock.run(clock.sleep(500));
    }

    expect([name, report(), hangs.hung() > 0]).toEqual([name, "done", true]);
    expect([name, new Set(machine.serving())]).toEqual([name, new Set([rollback.release.id])]);
    console.log(`${name}: after ${(clock.monotonicMs() - from) / 1000} s of ${bound}`);
  }
  console.log(`calls to the outside that hang, each with a rollback: ${rows.length}`);
});
