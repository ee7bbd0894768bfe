import { describe, Problem } from "../../lib/problem.ts";
import { frontPort, type ServiceFile } from "../../protocol/service-file.ts";
import type {
  Clock,
  Ends,
  Environment,
  Gate,
  Log,
  Place,
  ProcessEnd,
  Store,
  Supervisor,
} from "../core/effects.ts";
import { servingByJournal } from "../core/routes.ts";
import { type Journal, type Serving, snapshotId } from "../core/state.ts";
import { describeEnd, gistOf } from "./process-end.ts";

/** A roll waits no longer for how a process ended. */
const longestTakingMs = 3000;

/** A process that crash-loops is told so often. */
const betweenTellingMs = 10_000;

/**
 * For so long a process that failed its rollout gets no request, unless what follows opens its front
 * sooner: a rollback takes no longer.
 */
const closedSeconds = 30;

/** What a roll asks about the processes that it started. */
export interface Health {
  /** Why a snapshot is bad, by what the processes did that serve it. Waits for what is being looked at. */
  faultOf(snapshot: string): Promise<Problem | undefined>;
  /** How the process of a place ended by itself last, in words; undefined where nothing is known. */
  endOf(place: Place, since?: number): Promise<string | undefined>;
}

/** What is told of a process that serves. */
export interface Restarts {
  /** How often the supervisor started it again by itself since it was started. */
  readonly restarts: number;
  readonly lastExit: string;
}

/** The health of one service's processes, for as long as the agent lives. */
export interface ServiceHealth extends Health {
  /** Takes in how processes end, from now on. */
  watch(): void;
  /** Restarts of what serves process n; undefined while there was none. */
  restartsOf(n: number): Restarts | undefined;
  /** Resolves when a process that serves restarted since it was asked for the last time. */
  restarted(): Promise<undefined>;
  /** Lets `restarted` resolve once more: what it was asked for could not be done. */
  remind(): void;
  /**
   * Takes a process that restarted out of rotation for a while, where others serve something else: each
   * request that it is given may be lost. One at most: those that serve the same may be no better.
   */
  closeFaulty(): Promise<void>;
  /** Keeps something else than a restart against a snapshot, as a fault of what serves it. */
  blame(snapshot: string, why: string): Promise<void>;
}

interface Ended {
  readonly atMs: number;
  readonly how: string;
}

interface Counted extends Restarts {
  readonly snapshot: string;
  readonly toldAtMs: number;
}

export function serviceHealth(deps: {
  readonly service: ServiceFile;
  readonly instance: string;
  readonly journal: Journal;
  readonly store: Pick<Store, "readSnapshot">;
  readonly supervisor: Pick<Supervisor, "state">;
  readonly ends: Ends;
  readonly gate: Pick<Gate, "close">;
  readonly clock: Clock;
  readonly log: Log;
}): ServiceHealth {
  const { service, instance, journal, store, supervisor, ends, gate, clock, log } = deps;
  const ended = new Map<string, Ended>();
  const counted = new Map<string, Counted>();
  const taking = new Set<Promise<void>>();
  let wake: (() => void) | undefined;
  let isNews = false;
  let closedUntilMs = 0;

  const remind = () => {
    isNews = true;
    wake?.();
  };

  const id = ({ n, side }: Place) => `${n}${side}`;
  /** What a place serves, or is about to. */
  const contentsOf = ({ n, side }: Place): { of: Serving | undefined; serves: boolean } => {
    const deps = servingByJournal(service, journal.current(), n);
    if (deps?.side === side) return { of: deps, serves: true };
    const to = journal.current().moves[n]?.to;
    return { of: to?.side === side ? to : undefined, serves: false };
  };

  const describeWithLog = async (end: ProcessEnd, snapshot: string | undefined) => {
    const how = describeEnd(end);
    const environment = snapshot && (await environmentOf(store, snapshot));
    // Without the environment nobody knows what must not be shown.
    if (!environment) return how;
    const gist = gistOf(await ends.lastLines(end), environment);
    return gist === undefined ? how : `${how}; its log: ${gist}`;
  };

  const count = async (end: ProcessEnd, { snapshot, release }: Serving) => {
    const { place } = end;
    const known = counted.get(id(place));
    const before = known?.snapshot === snapshot ? known : undefined;
    const isTold = before !== undefined && clock.monotonicMs() - before.toldAtMs < betweenTellingMs;
    // The supervisor knows those of before this agent.
    const restarts = before
      ? before.restarts + 1
      : Math.max(1, (await supervisor.state(place)).restarts);
    const how = isTold ? before.lastExit : await describeWithLog(end, snapshot);
    const toldAtMs = isTold ? before.toldAtMs : clock.monotonicMs();
    counted.set(id(place), { snapshot, restarts, lastExit: how, toldAtMs });
    if (!isTold) {
      log("process.restarted", {
        ...{ service: service.service, process: place.n, side: place.side },
        ...{ release, restarts, how },
      });
    }
    if (journal.current().faults?.[snapshot] === undefined) {
      const unit = `${service.service}@${id(place)}`;
      const fault = `process ${place.n} of ${service.service} (${unit}), which served ${release}, restarted: ${how}`;
      // Where the disk takes nothing, people must hear of it all the same.
      await journal
        .change((state) => ({ ...state, faults: { ...state.faults, [snapshot]: fault } }))
        .catch((error) =>
          log("journal.failed", { service: service.service, error: describe(error) }),
        );
    }
    // While its roll is under way nobody needs to ask whether the rollout has ended.
    const { deploy, ended: roll } = journal.current();
    if (deploy && !roll && snapshotId(deploy) === snapshot) await closeFaulty();
    remind();
  };

  const closeFaulty = async () => {
    const { serving, moves } = journal.current();
    // In place one is out already while another is moved.
    const isOneOut = service.strategy === "in-place" && Object.keys(moves).length > 0;
    if (service.processes < 2 || isOneOut || clock.monotonicMs() < closedUntilMs) return;
    const [n, faulty] = Object.entries(serving).find(([n]) => restartsOf(Number(n))) ?? [];
    const isAlone = Object.values(serving).every(({ snapshot }) => snapshot === faulty?.snapshot);
    if (n === undefined || isAlone) return;
    closedUntilMs = clock.monotonicMs() + closedSeconds * 1000;
    await gate.close(frontPort(service, Number(n)), closedSeconds);
    log("gate.closed", { service: service.service, process: Number(n), closedSeconds });
  };

  const restartsOf = (n: number): Restarts | undefined => {
    const serving = journal.current().serving[n];
    const found = serving && counted.get(id({ n, side: serving.side }));
    if (!found || found.snapshot !== serving?.snapshot) return undefined;
    return { restarts: found.restarts, lastExit: found.lastExit };
  };

  const take = async (end: ProcessEnd) => {
    const { place } = end;
    const { of, serves } = contentsOf(place);
    if (end.isAsked) {
      ended.delete(id(place));
      counted.delete(id(place)); // the next run here is another one
      return;
    }
    if (of && serves) await count(end, of);
    const how = counted.get(id(place))?.lastExit;
    ended.set(id(place), {
      atMs: clock.monotonicMs(),
      how: of && serves && how ? how : await describeWithLog(end, of?.snapshot),
    });
  };

  /** What was told is taken in, unless what it asks for hangs. */
  const taken = async () => {
    if (taking.size > 0) await Promise.race([Promise.all(taking), clock.sleep(longestTakingMs)]);
  };

  return {
    watch() {
      ends.watch(async (end) => {
        const one = end.then(take).catch((error: unknown) => {
          log("end.unknown", { service: service.service, error: describe(error) });
        });
        taking.add(one);
        await one;
        taking.delete(one);
      });
    },
    async faultOf(snapshot) {
      await taken();
      const fault = journal.current().faults?.[snapshot];
      if (fault === undefined) return undefined;
      return new Problem({
        happened: fault,
        unchanged: "the processes that had not rolled keep what they serve",
        next: `on ${instance}: journalctl -u '${service.service}@*' -n 100`,
      });
    },
    async endOf(place, since = 0) {
      await taken();
      const end = ended.get(id(place));
      return end && end.atMs >= since ? end.how : undefined;
    },
    restartsOf,
    closeFaulty,
    async blame(snapshot, why) {
      if (journal.current().faults?.[snapshot] !== undefined) return;
      const { serving } = journal.current();
      const release = Object.values(serving).find((it) => it.snapshot === snapshot)?.release;
      await journal.change((state) => ({
        ...state,
        faults: {
          ...state.faults,
          [snapshot]: `${release} is worse than what it replaces: ${why}`,
        },
      }));
      log("release.worse", { service: service.service, release, why });
      remind();
    },
    async restarted() {
      while (!isNews) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      isNews = false;
      return undefined;
    },
    remind,
  };
}

async function environmentOf(
  store: Pick<Store, "readSnapshot">,
  snapshot: string,
): Promise<Environment | undefined> {
  return (await store.readSnapshot(snapshot).catch(() => undefined))?.environment;
}
