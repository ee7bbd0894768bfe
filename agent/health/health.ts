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

/** Longest time that a roll waits to know how a process ended. */
const longestTakingMs = 3000;

/** Shortest time between two reports of a process that crash-loops. */
const betweenTellingMs = 10_000;

/**
 * How long a process that failed its rollout gets no request, unless a roll opens its front port
 * sooner. A rollback takes no longer.
 */
const closedSeconds = 30;

/** The questions that a roll asks about the processes that it started. */
export interface Health {
  /** The fault of a snapshot, from the processes that serve it. Waits for ends in hand. */
  faultOf(snapshot: string): Promise<Problem | undefined>;
  /** Describes the last end by itself of a place's process; undefined where none is known. */
  endOf(place: Place, since?: number): Promise<string | undefined>;
}

/** The reported restarts of a process that serves. */
export interface Restarts {
  /** How often the supervisor restarted it by itself since its start. */
  readonly restarts: number;
  readonly lastExit: string;
}

/** The health of one service's processes, for as long as the agent lives. */
export interface ServiceHealth extends Health {
  /** Begins to watch how processes end. */
  watch(): void;
  /** Restarts of the side that serves process n; undefined without any. */
  restartsOf(n: number): Restarts | undefined;
  /** Resolves when a process that serves has restarted since the last call resolved. */
  restarted(): Promise<undefined>;
  /** Lets `restarted` resolve once more: its caller could not do its work. */
  remind(): void;
  /**
   * Takes a process that restarted out of rotation for a while, if others serve another snapshot:
   * it may lose each request that it gets. One at most: others with its snapshot may be no better.
   */
  closeFaulty(): Promise<void>;
  /** Records a fault of a snapshot other than a restart. */
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
  /** The contents that a place serves, or is about to serve. */
  const contentsOf = ({ n, side }: Place): { of: Serving | undefined; serves: boolean } => {
    const deps = servingByJournal(service, journal.current(), n);
    if (deps?.side === side) return { of: deps, serves: true };
    const to = journal.current().moves[n]?.to;
    return { of: to?.side === side ? to : undefined, serves: false };
  };

  const describeWithLog = async (end: ProcessEnd, snapshot: string | undefined) => {
    const how = describeEnd(end);
    const environment = snapshot && (await environmentOf(store, snapshot));
    // Without the environment the log cannot be redacted.
    if (!environment) return how;
    const gist = gistOf(await ends.lastLines(end), environment);
    return gist === undefined ? how : `${how}; its log: ${gist}`;
  };

  const count = async (end: ProcessEnd, { snapshot, release }: Serving) => {
    const { place } = end;
    const known = counted.get(id(place));
    const before = known?.snapshot === snapshot ? known : undefined;
    const isTold = before !== undefined && clock.monotonicMs() - before.toldAtMs < betweenTellingMs;
    // The supervisor also counts the restarts before this agent began.
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
      // A failed write must not stop the report of the restart.
      await journal
        .change((state) => ({ ...state, faults: { ...state.faults, [snapshot]: fault } }))
        .catch((error) =>
          log("journal.failed", { service: service.service, error: describe(error) }),
        );
    }
    // While this roll is under way the rollout has not ended, so the process is closed at once.
    const { deploy, ended: roll } = journal.current();
    if (deploy && !roll && snapshotId(deploy) === snapshot) await closeFaulty();
    remind();
  };

  const closeFaulty = async () => {
    const { serving, moves } = journal.current();
    // In place, the process that moves is out already.
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
      counted.delete(id(place)); // the next run starts a new count
      return;
    }
    if (of && serves) await count(end, of);
    const how = counted.get(id(place))?.lastExit;
    ended.set(id(place), {
      atMs: clock.monotonicMs(),
      how: of && serves && how ? how : await describeWithLog(end, of?.snapshot),
    });
  };

  /** Waits until the reported ends are handled, within a bound: a query may hang. */
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
