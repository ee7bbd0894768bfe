import type { Consul } from "../../lib/consul.ts";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { CronState, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { openJournal } from "../core/state.ts";
import { runCron } from "../cron/run-cron.ts";
import { aDeploy, aService } from "./builders.ts";
import { simulatedClock } from "./simulated-clock.ts";
import {
  type Behaviour,
  type SimulatedMachine,
  simulatedMachine,
} from "./simulated-machine/index.ts";

const nightly = { command: ["bin/clear-sessions"], timeoutSeconds: 600 };
const startedAt = Date.parse("2026-01-01T00:00:00Z");
export const minutes = (count: number) => count * 60_000;

/** One instance of the fleet: a machine with a clock of its own, and its agent. */
interface Instance {
  readonly machine: SimulatedMachine;
  readonly skewMs: number;
  leaving: AbortController;
  isDrained: boolean;
  take: ((name: string, firedAt: Date) => Promise<void>) | undefined;
}

/** Instances of one fleet with a scheduled command, by the seconds that their clocks are ahead. */
export function fleetWithCron(
  skews: Readonly<Record<string, number>>,
  behaviours: Readonly<Record<string, Behaviour>> = {},
  at = "*:0/5",
) {
  const clock = simulatedClock(startedAt);
  const consul = memoryConsul(clock.sleep);
  const service = aService({ cron: { nightly: { ...nightly, at } } });
  const logged: string[] = [];
  const told: string[] = [];
  const fleet = new Map(
    Object.entries(skews).map(([name, seconds]): [string, Instance] => {
      const machine = simulatedMachine({ service, clock, behaviours });
      const state = { leaving: new AbortController(), isDrained: false, take: undefined };
      return [name, { machine, skewMs: seconds * 1000, ...state }];
    }),
  );
  const instance = (name: string) => fleet.get(name) as Instance;
  const serve = async (name: string, sequence: number, environment = {}) => {
    const { machine } = instance(name);
    const id = aDeploy(sequence).release.id;
    await machine.store.writeEnvironment(`e${sequence}`, id, {
      environment,
      scopes: { global: [], own: [] },
    });
    const serving = { side: "a", release: id, environmentId: `e${sequence}` } as const;
    await machine.file.write({ ...machine.disk(), serving: { 1: serving, 2: serving } });
  };
  /** A new agent of an instance; it knows only the disk. @param commands by the cluster file of now. */
  const agent = async (name: string, commands = service.cron) => {
    const it = instance(name);
    const { machine } = it;
    const own: Consul = {
      ...consul,
      get: (...args) => machine.effect("consul.get", () => consul.get(...args)),
      write: (...args) => machine.effect("consul.write", () => consul.write(...args)),
    };
    runCron({
      service: { ...service, cron: commands },
      ...{ instance: name, consul: own, store: machine.store },
      journal: await openJournal(machine.file),
      unitOf: () => machine.cron,
      marks: {
        watch(take) {
          it.take = take;
        },
      },
      isDrained: async () => it.isDrained,
      tell: ({ what, scheduledFor, why = "" }) =>
        void told.push(`${what} ${scheduledFor.slice(11, 16)} ${why}`.trim()),
      leaving: it.leaving.signal,
      clock: { ...clock, now: () => new Date(clock.now().getTime() + it.skewMs) },
      log: (event, fields = {}) => {
        logged.push(`${name} ${event} ${fields.why ?? fields.error ?? ""}`.trim());
      },
    });
  };
  /** The timers of all instances fire, each by its own clock; ends when it is settled. */
  const fire = (atMs: number) =>
    Promise.all(
      [...fleet.values()].map(async ({ skewMs, take }) => {
        await clock.sleep(Math.max(0, atMs - skewMs - clock.monotonicMs()));
        await take?.("nightly", new Date(startedAt + clock.monotonicMs() + skewMs));
      }),
    );
  const state = () =>
    parseDocument(CronState, "cron", consul.text(keys.cron("web", "nightly")) ?? "");
  const runs = () => [...fleet.values()].flatMap(({ machine }) => machine.cronRuns());
  /** The timer of an instance fired at a time of that day, and its agent sees it only now. */
  const wake = async (name: string, firedAt: string) => {
    const taken = instance(name).take?.("nightly", new Date(`2026-01-01T${firedAt}Z`));
    await clock.run(taken ?? Promise.reject(new Error(`no agent runs on ${name}`)));
    await clock.run(clock.sleep(10_000));
  };
  return { clock, consul, instance, serve, agent, fire, wake, state, runs, logged, told };
}
