import type { ServiceFile } from "../../../protocol/service-file.ts";
import type {
  Answer,
  Config,
  Connections,
  Ends,
  Gate,
  Memory,
  OneShotUnit,
  Probe,
  Store,
  Supervisor,
} from "../../core/effects.ts";
import { launchOfRelease } from "../../core/launch.ts";
import type { Effects } from "./effects.ts";
import type { FrontPorts } from "./front-ports.ts";
import { placeAt } from "./places.ts";
import type { Processes } from "./processes.ts";
import type { Rotation } from "./rotation.ts";
import type { SimulatedOneShot } from "./simulated-one-shot.ts";

/** The parts of a machine that its agent reaches, each call as an effect. */
export interface MachineParts {
  readonly service: ServiceFile;
  readonly effects: Effects;
  readonly fronts: FrontPorts;
  readonly processes: Processes;
  readonly rotation: Rotation;
  readonly step: SimulatedOneShot;
  /** The only scheduled command that a simulated service has. */
  readonly cron: SimulatedOneShot;
}

export const gateOf = ({ effects, fronts }: MachineParts): Gate => ({
  point: (front, worker) => effects.run("gate.point", () => fronts.point(front, worker)),
  close: (front, bound) => effects.run("gate.close", () => fronts.close(front, bound)),
});

export const supervisorOf = ({ effects, processes, rotation }: MachineParts): Supervisor => ({
  start: (place) =>
    effects.run(
      "supervisor.start",
      () => processes.beginStart(place),
      () => processes.endStart(place),
    ),
  promote: () => effects.run("supervisor.promote", () => undefined),
  stop: (place) =>
    effects.run(
      "supervisor.stop",
      () => {
        rotation.checkStop(place);
        return processes.beginStop(place);
      },
      () => processes.endStop(place),
    ),
  state: (place) => effects.run("supervisor.state", () => processes.stateOf(place)),
  listensOn: () => effects.run("supervisor.listensOn", () => true),
  notReady: (place) =>
    effects.run("supervisor.notReady", () =>
      processes.isWell(processes.runningIn(place)) ? undefined : "it has not said that it is ready",
    ),
  isEnding: async () => processes.isEnding,
});

export const probeOf = ({ service, effects, processes }: MachineParts): Probe => ({
  ask: (port) =>
    effects.run("probe.ask", (): Answer => {
      const place = placeAt(service, port);
      const process = place && processes.runningIn(place);
      if (!processes.answers(process)) return { error: "connection refused" };
      const { status = 200, claims = process.contents.releaseId } = processes.behaviourOf(process);
      return { status, release: claims };
    }),
});

export const endsOf = ({ processes }: MachineParts): Ends => ({
  watch: (take) => processes.ends.watch(take),
  lastLines: async ({ place }) => {
    const process = processes.runningIn(place);
    return (process && processes.behaviourOf(process).lines) ?? [];
  },
});

export const oneShotOf = (
  kind: "before" | "cron",
  { effects }: MachineParts,
  oneShot: SimulatedOneShot,
): OneShotUnit => ({
  reset: () => effects.run(`${kind}.reset`, () => oneShot.reset()),
  start: () => effects.run(`${kind}.start`, () => oneShot.start()),
  state: () => effects.run(`${kind}.state`, () => oneShot.state()),
  lastLines: async () => oneShot.lines(),
});

export const connectionsOf = ({ effects, fronts }: MachineParts): Connections => ({
  count: (port) => effects.run("connections.count", () => fronts.inFlight(port)),
});

export const memoryOf = ({ effects }: MachineParts): Memory => ({
  availableBytes: () => effects.run("memory.available", () => 4_000_000_000),
  usedBytes: () => effects.run("memory.used", () => 50_000_000),
});

export function storeOf({ service, effects, fronts, processes, step, cron }: MachineParts): Store {
  const releases = new Set<string>();
  const environments = new Map<string, Config>();
  return {
    hasRelease: ({ id }) => effects.run("store.hasRelease", () => releases.has(id)),
    fetchRelease: ({ id }) => effects.run("store.fetchRelease", () => void releases.add(id)),
    launchOf: () => effects.run("store.launchOf", () => launchOfRelease(service, {})),
    readEnvironment: (name) => effects.run("store.readEnvironment", () => environments.get(name)),
    writeEnvironment: (name, _, config) =>
      effects.run("store.writeEnvironment", () => void environments.set(name, config)),
    stage: (place, contents) =>
      effects.run(
        "store.stage",
        () => processes.beginStage(place),
        () => processes.endStage(place, contents),
      ),
    offerFirst: (id) =>
      effects.run("store.offerFirst", () => {
        fronts.staticFrom = id;
      }),
    stageOneShot: (name, contents) =>
      effects.run("store.stageOneShot", () => (name === "before" ? step : cron).stage(contents)),
    prune: () => effects.run("store.prune", () => new Set(releases)),
  };
}
