import { type Consul, ConsulAway } from "../../lib/consul.ts";
import type { Http } from "../../lib/http.ts";
import { Problem } from "../../lib/problem.ts";
import { type MemoryConsul, memoryConsul } from "../../lib/testing/memory-consul.ts";
import {
  Deploy,
  Drain,
  formatDocument,
  Hold,
  InstanceRollout,
  Pause,
  parseDocument,
  Rollout,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { RolloutView } from "../../protocol/rollout-view.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { latestDeploy } from "../core/latest-deploy.ts";
import { openJournal } from "../core/state.ts";
import type { DeployContext } from "../deploy/context.ts";
import { serveService } from "../deploy/serve.ts";
import type { RolloutNotifier } from "../rollout/notifier.ts";
import { StatusWriter } from "../rollout/status-writer.ts";
import { noTracing } from "../trace/tracing.ts";
import { aDeploy, aService, silentLog } from "./builders.ts";
import { healthOf } from "./health-of.ts";
import { type SimulatedClock, simulatedClock } from "./simulated-clock.ts";
import {
  type Behaviour,
  type SimulatedMachine,
  simulatedMachine,
} from "./simulated-machine/index.ts";

/** Consul ends a session this long after it was last renewed, or later. */
const sessionMs = 15_000;

/** Instances with the real agent on simulated machines, one Consul in memory and one clock. */
export function simulatedFleet(
  options: {
    readonly service?: Partial<ServiceFile>;
    readonly behaviours?: Readonly<Record<string, Behaviour>>;
    /**
     * Each agent's notifier, beside the recorded views.
     *
     * @param alive lets requests go out until the agent is killed.
     */
    readonly notifier?: (
      clock: SimulatedClock,
      consul: Consul,
      alive: (http: Http) => Http,
    ) => RolloutNotifier;
  } = {},
) {
  const service = aService({ processes: 2, autoRollback: true, ...options.service });
  const clock = simulatedClock();
  const consul = memoryConsul(clock.sleep);
  const instances = new Map<string, Awaited<ReturnType<typeof anInstance>>>();
  let unhealthy: readonly string[] = [];

  const register = () => consul.nodes(service.service, [...instances.keys()], unhealthy);

  async function anInstance(name: string, order: number) {
    const machine = simulatedMachine({ service, clock, behaviours: options.behaviours ?? {} });
    const starts: string[] = [];
    const views: RolloutView[] = [];
    /** The sessions that its agent renews. */
    const sessions = new Set<string>();
    let steppedMs = 0;
    let runs = 0;
    const now = () => new Date(clock.now().getTime() + steppedMs);

    /** Starts an agent on this machine, which may have had others before. */
    async function startAgent() {
      runs += 1;
      let isGone = false;
      /** Answers the agent's calls of this object until the agent is gone. */
      const mortal = <T extends object>(it: T): T =>
        new Proxy(it, {
          get(target, method) {
            const call = target[method as keyof T] as (...args: unknown[]) => unknown;
            return async (...args: unknown[]) => {
              const answer = isGone ? never : await call(...args);
              return isGone ? never : answer;
            };
          },
        });
      const alive =
        (http: Http): Http =>
        (request) =>
          isGone ? never : http(request);
      const ownClock = { ...clock, now, sleep: mortal(clock).sleep };
      const reached = mortal(reachedFrom(machine, consul, sessions));
      const notifier: RolloutNotifier = {
        show: (view) => void views.push(view),
        settled: async () => {},
      };
      const journal = await openJournal(mortal(machine.file));
      const on: DeployContext = {
        health: healthOf(machine, { service, instance: name, journal, clock: ownClock }),
        requests: machine.requests,
        gate: mortal(machine.gate),
        probe: mortal(machine.probe),
        connections: mortal(machine.connections),
        store: mortal(machine.store),
        memory: mortal(machine.memory),
        supervisor: mortal({
          ...machine.supervisor,
          async start(place) {
            starts.push(`${place.n}`);
            await machine.supervisor.start(place);
          },
        }),
        service,
        clock: ownClock,
        instance: name,
        incarnation: `run ${runs}`,
        consul: reached,
        secrets: async () => new Map(),
        journal,
        statusWriter: new StatusWriter({ consul: reached, clock: ownClock, log: silentLog }),
        latestDeploy: latestDeploy(),
        tracing: noTracing,
        notifiers: options.notifier
          ? [notifier, options.notifier(clock, reached, alive)]
          : [notifier],
        log: silentLog,
      };
      let hasExited = false;
      // Each tries for the lock at its own time, the first instance first.
      serveService(on, () => order / 100, new AbortController().signal).catch(() => {
        hasExited = true;
      });
      return {
        hasExited: () => hasExited,
        end: () => {
          isGone = true;
        },
      };
    }

    let agent = await startAgent();
    return {
      machine,
      /** Numbers of the processes that were started. */
      starts,
      /** Views that this instance's agent showed as a coordinator. */
      views,
      /** Sets the machine's clock relative to the others. */
      stepClock(seconds: number) {
        steppedMs += seconds * 1000;
      },
      /** Whether the agent was killed at an effect, or exited: the supervisor restarts it. */
      isDown: () => machine.isDead() || agent.hasExited(),
      /** Starts a new agent on the same machine. Sessions that it does not take over expire. */
      async restart() {
        agent.end();
        machine.revive();
        const former = [...sessions];
        sessions.clear();
        void clock.sleep(sessionMs).then(() => {
          for (const id of former) if (!sessions.has(id)) consul.expireSession(id);
        });
        agent = await startAgent();
      },
      /** Kills the agent for good; its sessions end when Consul's wait is over. */
      async kill(sessionSeconds = 0) {
        agent.end();
        if (sessionSeconds > 0) await clock.run(clock.sleep(sessionSeconds * 1000));
        for (const id of sessions) consul.expireSession(id);
      },
    };
  }

  const read = <T>(key: string, schema: Parameters<typeof parseDocument>[0]) => {
    const text = consul.text(key);
    return text === undefined ? undefined : (parseDocument(schema, key, text) as T);
  };

  const fleet = {
    clock,
    consul,
    instance(name: string) {
      const found = instances.get(name);
      if (!found) throw new Error(`there is no instance ${name}`);
      return found;
    },
    /** Takes a snapshot of Consul; the result restores it. */
    snapshot() {
      const saved = new Map(consul.keys().map((key) => [key, consul.text(key) ?? ""]));
      return () => {
        for (const key of consul.keys()) if (!saved.has(key)) consul.remove(key);
        for (const [key, text] of saved) consul.put(key, text);
      };
    },
    /** Adds instances; each begins to serve by itself. */
    async add(...names: readonly string[]) {
      for (const name of names) instances.set(name, await anInstance(name, instances.size));
      register();
    },
    /** Removes an instance from the service and the catalogue. */
    async remove(name: string, sessionSeconds = 0) {
      await fleet.instance(name).kill(sessionSeconds);
      instances.delete(name);
      register();
    },
    ail(...names: readonly string[]) {
      unhealthy = names;
      register();
    },
    announce(deploy: Deploy) {
      const key = keys.deploy(service.service);
      consul.put(key, formatDocument(Deploy, key, deploy));
    },
    pause() {
      const key = keys.pause(service.service);
      const pause = { schema: 2, by: "on-call", reason: "look", at: clock.now().toISOString() };
      consul.put(key, formatDocument(Pause, key, pause as Pause));
    },
    resume: () => consul.remove(keys.pause(service.service)),
    drain(name: string, seconds: number) {
      const key = keys.drain(name);
      const at = clock.now();
      const until = new Date(at.getTime() + seconds * 1000).toISOString();
      const drain = { schema: 2, by: "on-call", reason: "disk", at: at.toISOString(), until };
      consul.put(key, formatDocument(Drain, key, drain as Drain));
    },
    rollout: (revision: number) => read<Rollout>(keys.rollout(service.service, revision), Rollout),
    report: (revision: number, name: string) =>
      read<InstanceRollout>(keys.rolloutInstance(service.service, revision, name), InstanceRollout),
    /** Changes an instance's report, as its agent does after a process restarted by itself. */
    reports(revision: number, name: string, change: (was: InstanceRollout) => InstanceRollout) {
      const was = fleet.report(revision, name);
      if (!was) throw new Error(`${name} has not reported of revision ${revision}`);
      const key = keys.rolloutInstance(service.service, revision, name);
      consul.put(key, formatDocument(InstanceRollout, key, change(was)));
    },
    deploy: () => read<Deploy>(keys.deploy(service.service), Deploy),
    good: () => read<Deploy>(keys.good(service.service), Deploy),
    hold: () => read<Hold>(keys.hold(service.service), Hold),
    /** Releases that each instance serves, without repetition. */
    serving: () =>
      Object.fromEntries(
        [...instances].map(([name, { machine }]) => [name, [...new Set(machine.serving())]]),
      ),
    pass: (seconds: number) => clock.run(clock.sleep(seconds * 1000)),
    /** Lets time pass until a condition holds. */
    async until(what: string, isSo: () => boolean, seconds = 1200) {
      const to = clock.monotonicMs() + seconds * 1000;
      while (!isSo()) {
        if (clock.monotonicMs() > to) throw new Error(`${what}: not within ${seconds} s`);
        await fleet.pass(0.1);
      }
    },
    /** Lets time pass until a rollout is in one of these phases. */
    ends: (revision: number, ...phases: readonly Rollout["phase"][]) =>
      fleet.until(`revision ${revision} is ${phases.join(" or ")}`, () =>
        phases.includes(fleet.rollout(revision)?.phase ?? "canary"),
      ),
  };
  return fleet;
}

/**
 * Consul as an agent on a machine reaches it: each call is an effect of the machine. A call that
 * fails on the way back was still executed.
 */
function reachedFrom(
  machine: SimulatedMachine,
  consul: MemoryConsul,
  sessions: Set<string>,
): Consul {
  const kept: Consul = {
    ...consul,
    async createSession(...args) {
      const id = await consul.createSession(...args);
      sessions.add(id);
      return id;
    },
    async renewSession(id) {
      const isAlive = await consul.renewSession(id);
      if (isAlive) sessions.add(id);
      return isAlive;
    },
  };
  return new Proxy(kept, {
    get(target, method: keyof Consul) {
      const call = target[method] as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) =>
        machine
          .effect(`consul.${method}`, () => call(...args))
          .catch((error) => {
            if (error instanceof Problem) throw error;
            throw new ConsulAway({ happened: String(error), unchanged: "", next: "a test" });
          });
    },
  });
}

/** A fleet whose last known good release is release 1. */
export async function servingFleet(
  names: readonly string[],
  options: Parameters<typeof simulatedFleet>[0] = {},
) {
  const fleet = simulatedFleet(options);
  fleet.announce(aDeploy(1));
  await fleet.add(...names);
  await fleet.ends(1, "done");
  return fleet;
}

const never = new Promise<never>(() => {});
