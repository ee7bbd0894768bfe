import {
  frontPort,
  otherSide,
  processNumbers,
  type ServiceFile,
  workerPort,
} from "../../protocol/service-file.ts";
import type {
  Answer,
  Config,
  Connections,
  Ends,
  Gate,
  Memory,
  Place,
  PlaceContents,
  Probe,
  ProcessEnd,
  RequestLog,
  StopEnd,
  Store,
  Supervisor,
  Try,
  UnitStatus,
} from "../core/effects.ts";
import { emptyState, type ServiceState, type StateFile } from "../core/state.ts";
import type { SimulatedClock } from "./simulated-clock.ts";

/** The behaviour of a release's processes. @default healthy */
export interface Behaviour {
  readonly bootMs?: number;
  readonly exitsAtStart?: boolean;
  /** From SIGTERM to its end. */
  readonly stopMs?: number;
  readonly status?: number;
  readonly claims?: string;
  readonly dies?: Death;
  /** It ignores SIGTERM, and is killed at the end of the stop timeout. */
  readonly ignoresStop?: boolean;
  /** It answers every nth request of a run with 500. */
  readonly failsEvery?: number;
  /** Its log, oldest line first. */
  readonly lines?: readonly string[];
}

/** Makes a process exit by itself although it answers its probes. The supervisor restarts it. */
export interface Death {
  /** At this request of its run, counting those for `path` if there is one. */
  readonly atRequest?: number;
  readonly path?: string;
  /** This long after it began to answer. */
  readonly afterMs?: number;
  /** Whether only every second run of a place exits. */
  readonly alternates?: boolean;
  /** @default exit status 1 */
  readonly end?: EndWords;
}

type EndWords = Pick<ProcessEnd, "result" | "code" | "status">;

const exitStatus0: EndWords = { result: "success", code: "exited", status: "0" };
const exitStatus1: EndWords = { result: "exit-code", code: "exited", status: "1" };

/**
 * The faults at an effect of the agent: it fails, or the agent dies; before the effect, in the
 * middle of it, or after it. For an effect without a middle, the middle is after it.
 */
export const failures = ["fail", "fail during", "fail after"] as const;
export const deaths = ["die", "die during", "die after"] as const;
export type FaultKind = (typeof failures | typeof deaths)[number];

/** The fault at one effect; undefined if it succeeds. */
export type Fault = (effect: number, name: string) => FaultKind | undefined;

interface Process {
  readonly contents: PlaceContents;
  readonly startedAt: number;
  readonly invocation: string;
  /** How often the supervisor restarted it by itself. */
  readonly restarts: number;
  requests: number;
  /** It was sent SIGTERM, and is gone by this time. */
  readonly endsAt?: number;
  /** Whether a start waits for its end. */
  readonly startsAgain?: boolean;
}

/** The supervisor restarts a process this long after it exited by itself. */
const restartMs = 200;

/** The content of a place while it is being prepared: nothing can be started from it. */
const half = Symbol("half of a place's contents");

/** A connection to an old process ends this long after the gate has left it. */
const lingerMs = 120;
/** Time that the supervisor takes to start a process, before it boots. */
const startMs = 10;

/**
 * A machine in memory: processes, gate, folders and the state file, which outlive the agent. It
 * checks rules 1 and 2 at every change.
 */
export function simulatedMachine(options: {
  readonly service: ServiceFile;
  readonly clock: SimulatedClock;
  readonly behaviours?: Readonly<Record<string, Behaviour>>;
}) {
  const { service, clock, behaviours = {} } = options;
  const places = new Map<string, PlaceContents | typeof half>();
  const processes = new Map<string, Process>();
  const active = new Map<number, number>();
  const closed = new Map<number, number>();
  const leftAt = new Map<number, number>();
  const releases = new Set<string>();
  const snapshots = new Map<string, Config>();
  let disk: ServiceState = emptyState;
  let fault: Fault = () => undefined;
  let effects = 0;
  let middles = 0;
  let dead = false;
  /** Counts agents: a call of a former one is never answered. */
  let agents = 0;
  let starting = true;
  let ending = false;
  const broken: string[] = [];
  /** By place, as the unit writes them: the newest, until an agent has read it. */
  const untaken = new Map<string, ProcessEnd>();
  let takeEnd: ((end: Promise<ProcessEnd>) => Promise<void>) | undefined;
  let runs = 0;
  let turn = 0;

  const id = (place: Place) => `${place.n}${place.side}`;
  const placeAt = (port: number): Place | undefined =>
    processNumbers(service)
      .flatMap((n): Place[] => [
        { n, side: "a" },
        { n, side: "b" },
      ])
      .find(({ n, side }) => workerPort(service, n, side) === port);
  const behaviourOf = (process: Process) => behaviours[process.contents.releaseId] ?? {};
  /**
   * The process that runs in a place. The supervisor finishes its orders even if the agent dies.
   */
  const runningIn = (place: Place): Process | undefined => {
    const process = processes.get(id(place));
    if (process?.endsAt === undefined || clock.monotonicMs() < process.endsAt) return process;
    processes.delete(id(place));
    reportEnd({ place, invocation: process.invocation, isAsked: true, ...exitStatus0 });
    if (process.startsAgain) startIn(place, process.endsAt);
    return processes.get(id(place));
  };
  const startIn = (place: Place, startedAt: number) => {
    const contents = places.get(id(place));
    if (contents === half) broken.push(`${id(place)} was started from half of its contents`);
    if (contents === half || contents === undefined) return;
    const process = begin(contents, 0, startedAt);
    begun(place, process);
    if (behaviourOf(process).exitsAtStart) {
      reportEnd({ place, invocation: process.invocation, isAsked: false, ...exitStatus1 });
    }
  };
  const answers = (process: Process | undefined): process is Process =>
    process !== undefined &&
    process.endsAt === undefined &&
    !behaviourOf(process).exitsAtStart &&
    clock.monotonicMs() - process.startedAt >= (behaviourOf(process).bootMs ?? 100);
  const isWell = (process: Process | undefined) =>
    answers(process) &&
    (behaviourOf(process).status ?? 200) === 200 &&
    behaviourOf(process).claims === undefined;

  const reportEnd = (end: ProcessEnd) => {
    untaken.set(id(end.place), end);
    void deliver(id(end.place));
  };
  const deliver = async (name: string) => {
    const end = untaken.get(name);
    if (!end || !takeEnd) return;
    await takeEnd(Promise.resolve(end));
    if (untaken.get(name) === end) untaken.delete(name);
  };
  const begin = (contents: PlaceContents, restarts: number, startedAt: number): Process => {
    runs += 1;
    const invocation = runs.toString(16).padStart(32, "0");
    return { contents, startedAt, invocation, restarts, requests: 0 };
  };
  const begun = (place: Place, process: Process) => {
    processes.set(id(place), process);
    const { dies, bootMs = 100 } = behaviourOf(process);
    if (dies?.afterMs === undefined) return;
    const after = process.startedAt - clock.monotonicMs() + bootMs + dies.afterMs;
    void clock.sleep(after).then(() => {
      if (processes.get(id(place)) === process && isMortal(process, dies)) die(place, dies.end);
    });
  };
  const isMortal = ({ restarts }: Process, { alternates = false }: Death) =>
    !alternates || restarts % 2 === 0;
  /** A process exits by itself; the supervisor restarts it. */
  const die = (place: Place, end: EndWords = exitStatus1) => {
    const process = runningIn(place);
    if (!process || process.endsAt !== undefined) return;
    const { contents, restarts, invocation } = process;
    begun(place, begin(contents, restarts + 1, clock.monotonicMs() + restartMs));
    reportEnd({ place, invocation, isAsked: false, ...end });
  };
  /** Whether it exited by itself: its boot, or a lost request, is not the roll's fault. */
  const cameBack = (n: number) => {
    const place = placeAt(active.get(frontPort(service, n)) ?? 0);
    const process = place && runningIn(place);
    return process !== undefined && process.restarts > 0;
  };

  /** Whether process n would answer a new request from nginx well. */
  const serves = (n: number) => {
    const front = frontPort(service, n);
    const worker = active.get(front);
    const place = worker === undefined ? undefined : placeAt(worker);
    const isOpen = (closed.get(front) ?? 0) <= clock.monotonicMs();
    return isOpen && place !== undefined && isWell(runningIn(place));
  };
  /** Whether new requests reach a process that was sent SIGTERM, which may not answer them. */
  const reachesDying = (n: number) => {
    const front = frontPort(service, n);
    const place = placeAt(active.get(front) ?? 0);
    const isOpen = (closed.get(front) ?? 0) <= clock.monotonicMs();
    return isOpen && place !== undefined && runningIn(place)?.endsAt !== undefined;
  };

  const check = (after: string) => {
    if (starting) return;
    const out = processNumbers(service).filter((n) => !serves(n) && !cameBack(n));
    const allowed = service.strategy === "overlap" ? 0 : 1;
    if (out.length > allowed) broken.push(`after ${after}: processes ${out.join(", ")} are out`);
    for (const n of processNumbers(service)) {
      if (reachesDying(n)) broken.push(`after ${after}: requests reach ${n}, which is stopping`);
      const both =
        runningIn({ n, side: "a" }) !== undefined && runningIn({ n, side: "b" }) !== undefined;
      if (both && service.strategy === "in-place") broken.push(`after ${after}: ${n} runs twice`);
    }
  };

  /**
   * Every effect passes here: it may fail, or be the agent's last.
   *
   * @param end the part after the middle, for an effect that has one.
   */
  const effect = async <T>(
    name: string,
    act: () => T | Promise<T>,
    end?: () => void | Promise<void>,
  ): Promise<T> => {
    if (dead) return never;
    const agent = agents;
    const what = fault(effects, name);
    effects += 1;
    const fail = (when: FaultKind, how: string) => {
      if (what === when) throw new Error(`${name} failed${how}`);
    };
    const isGone = (when?: FaultKind) => {
      if (what === when && when !== undefined) dead = true;
      return dead || agent !== agents;
    };
    fail("fail", "");
    if (isGone("die")) return never;
    const result = await act();
    check(name);
    if (end) {
      middles += 1;
      fail("fail during", " in the middle");
      if (isGone("die during")) return never;
      await end();
      if (isGone()) return never;
      check(name);
    }
    fail("fail during", " after it was done");
    fail("fail after", " after it was done");
    return isGone("die during") || isGone("die after") ? never : result;
  };

  const revive = () => {
    dead = false;
    agents += 1;
    fault = () => undefined;
  };

  const gate: Gate = {
    point: (front, worker) =>
      effect("gate.point", () => {
        const before = active.get(front);
        if (before !== undefined && before !== worker) leftAt.set(before, clock.monotonicMs());
        active.set(front, worker);
        closed.delete(front);
      }),
    close: (front, boundSeconds) =>
      effect("gate.close", () => {
        closed.set(front, clock.monotonicMs() + boundSeconds * 1000);
        const worker = active.get(front);
        if (worker !== undefined) leftAt.set(worker, clock.monotonicMs());
      }),
  };
  const inFlight = (port: number) => {
    const routed = [...active].some(
      ([front, worker]) => worker === port && (closed.get(front) ?? 0) <= clock.monotonicMs(),
    );
    const left = leftAt.get(port);
    return routed || (left !== undefined && clock.monotonicMs() - left < lingerMs) ? 1 : 0;
  };
  const statusOf = (process: Process | undefined): UnitStatus => {
    if (!process) return "stopped";
    if (process.endsAt !== undefined) return "stopping";
    return clock.monotonicMs() - process.startedAt < startMs ? "starting" : "running";
  };
  const supervisor: Supervisor = {
    start: (place) =>
      effect(
        "supervisor.start",
        () => {
          if (ending) throw new Error("shutdown.target has a job: nothing is started");
          if (!places.has(id(place))) throw new Error(`nothing was ever put to ${id(place)}`);
          const process = runningIn(place);
          if (!process) startIn(place, clock.monotonicMs());
          // A start waits for the stop in progress.
          else if (process.endsAt !== undefined)
            processes.set(id(place), { ...process, startsAgain: true });
        },
        async () => {
          const left = (runningIn(place)?.endsAt ?? 0) - clock.monotonicMs();
          await clock.sleep(Math.max(0, left) + startMs);
        },
      ),
    promote: () => effect("supervisor.promote", () => undefined),
    stop: (place) =>
      effect(
        "supervisor.stop",
        (): StopEnd => {
          const port = workerPort(service, place.n, place.side);
          const process = runningIn(place);
          if (!process) return "stopped";
          if (!starting && isWell(process) && inFlight(port) > 0) {
            broken.push(`${id(place)} was stopped with requests in flight`);
          }
          const { stopMs = 100, ignoresStop = false } = behaviourOf(process);
          const endsAt = process.endsAt ?? clock.monotonicMs() + stopMs;
          processes.set(id(place), { ...process, endsAt, startsAgain: false });
          return ignoresStop ? "killed" : "stopped";
        },
        async () => {
          const process = runningIn(place);
          if (process?.endsAt === undefined) return;
          await clock.sleep(process.endsAt - clock.monotonicMs());
          runningIn(place);
        },
      ),
    state: (place) =>
      effect("supervisor.state", () => {
        const process = runningIn(place);
        const isLooping = process && behaviourOf(process).exitsAtStart;
        const restarts = isLooping ? 3 : (process?.restarts ?? 0);
        return { status: statusOf(process), restarts };
      }),
    listensOn: () => effect("supervisor.listensOn", () => true),
    isEnding: async () => ending,
  };
  const probe: Probe = {
    ask: (port) =>
      effect("probe.ask", (): Answer => {
        const place = placeAt(port);
        const process = place && runningIn(place);
        if (!answers(process)) return { error: "connection refused" };
        const { status = 200, claims = process.contents.releaseId } = behaviourOf(process);
        return { status, release: claims };
      }),
  };
  const ends: Ends = {
    watch(take) {
      takeEnd = take;
      for (const name of untaken.keys()) void deliver(name);
    },
    lastLines: async ({ place }) => {
      const process = runningIn(place);
      return (process && behaviourOf(process).lines) ?? [];
    },
  };
  let logged: Try[] | undefined;
  const requests: RequestLog = {
    start: async () => {
      logged = [];
    },
    stop: async () => {
      logged = undefined;
    },
    read: async () => logged?.splice(0) ?? [],
  };
  const connections: Connections = {
    count: (port) => effect("connections.count", () => inFlight(port)),
  };
  const memory: Memory = {
    availableBytes: () => effect("memory.available", () => 4_000_000_000),
    usedBytes: () => effect("memory.used", () => 50_000_000),
  };
  const store: Store = {
    hasRelease: ({ id }) => effect("store.hasRelease", () => releases.has(id)),
    fetchRelease: ({ id }) => effect("store.fetchRelease", () => void releases.add(id)),
    launchOf: () =>
      effect("store.launchOf", () => ({ command: service.command, ping: service.ping })),
    readSnapshot: (name) => effect("store.readSnapshot", () => snapshots.get(name)),
    writeSnapshot: (name, _, config) =>
      effect("store.writeSnapshot", () => void snapshots.set(name, config)),
    stage: (place, contents) =>
      effect(
        "store.stage",
        () => {
          if (runningIn(place)) broken.push(`${id(place)} was staged while it ran`);
          places.set(id(place), half);
        },
        () => void places.set(id(place), contents),
      ),
    prune: () => effect("store.prune", () => new Set(releases)),
  };
  const file: StateFile = {
    read: () => effect("state.read", () => disk),
    write: (state) =>
      effect("state.write", () => {
        disk = structuredClone(state);
      }),
  };

  return {
    gate,
    supervisor,
    probe,
    ends,
    requests,
    connections,
    memory,
    store,
    file,
    /** Makes another action of the agent, such as a call to Consul, an effect as well. */
    effect,
    /** Broken rules so far, in words. */
    broken,
    effects: () => effects,
    /** How many effects so far have a middle. */
    middles: () => middles,
    /** The first deploy is over: the rules are checked from here on. */
    nowServing() {
      starting = false;
    },
    /** The machine begins to shut down: processes go on for a while, and none is started. */
    shutDown() {
      ending = true;
    },
    inject(next: Fault) {
      effects = 0;
      middles = 0;
      fault = next;
    },
    /** Replaces an agent that hung with a new one. */
    newAgent() {
      if (dead) clock.forgetSleepers();
      revive();
    },
    /** The same when others sleep by this clock: the agent that hung must not get any answer. */
    revive,
    /** Cuts the power: nothing runs, the gate is empty, the disk stays. */
    cutPower() {
      processes.clear();
      active.clear();
      closed.clear();
      clock.forgetSleepers();
      revive();
      starting = true;
    },
    crash: die,
    /** Removes the folder of a place: its process cannot be started again. */
    losePlace(place: Place) {
      places.delete(id(place));
    },
    /**
     * A user's request, sent to the next process in nginx's order.
     *
     * @returns whether it was answered: not if the process exits at it, or none is running.
     */
    request(path = "/"): boolean {
      for (let tries = 0; tries < service.processes; tries += 1) {
        turn = (turn % service.processes) + 1;
        const front = frontPort(service, turn);
        const place = placeAt(active.get(front) ?? 0);
        const process = place && runningIn(place);
        const isOpen = (closed.get(front) ?? 0) <= clock.monotonicMs();
        if (!place || !isOpen || !answers(process)) {
          // nginx was refused, logs it, and tries the next process.
          logged?.push({ front, beganAtMs: clock.now().getTime(), isBad: true });
          continue;
        }
        const { dies, failsEvery } = behaviourOf(process);
        if (dies?.path === undefined || dies.path === path) process.requests += 1;
        const isBad = failsEvery !== undefined && process.requests % failsEvery === 0;
        logged?.push({ front, beganAtMs: clock.now().getTime(), isBad });
        const isLast = dies?.atRequest !== undefined && process.requests >= dies.atRequest;
        if (!isLast || !dies || !isMortal(process, dies)) return true;
        die(place, dies.end);
        return false;
      }
      return false;
    },
    isDead: () => dead,
    disk: () => disk,
    /** The release that each process serves, by number, or why it does not serve. */
    serving: () =>
      processNumbers(service).map((n) => {
        const worker = active.get(frontPort(service, n));
        const place = worker === undefined ? undefined : placeAt(worker);
        const process = place && runningIn(place);
        return serves(n) && process ? process.contents.releaseId : "out";
      }),
    /** Environment of each serving process, without the agent's own variables. */
    environments: () =>
      processNumbers(service).map((n) => {
        const place = placeAt(active.get(frontPort(service, n)) ?? 0);
        return place && runningIn(place)?.contents.environment.GREETING;
      }),
    /** Processes that run although nothing points to them. */
    leftovers: () =>
      processNumbers(service).flatMap((n) => {
        const place = placeAt(active.get(frontPort(service, n)) ?? 0);
        const spare = place && { n, side: otherSide(place.side) };
        return spare && runningIn(spare) ? [id(spare)] : [];
      }),
  };
}

const never = new Promise<never>(() => {});

export type SimulatedMachine = ReturnType<typeof simulatedMachine>;
