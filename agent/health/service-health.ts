import { describe, Problem } from "../../lib/problem.ts";
import { signal } from "../../lib/signal.ts";
import { settingsOf, speaksHttp } from "../../protocol/process-settings.ts";
import { frontPort, type ServiceFile } from "../../protocol/service-file.ts";
import { allUnits, unitName } from "../../protocol/units.ts";
import type {
  Clock,
  Ends,
  Gate,
  Log,
  Place,
  ProcessEnd,
  Store,
  Supervisor,
} from "../core/effects.ts";
import { servingByJournal } from "../core/routes.ts";
import { environmentIdOf, type Journal, type ServiceState, type Serving } from "../core/state.ts";
import type { Health } from "./health.ts";
import { describeEnd, gistOf } from "./process-end.ts";
import { placeId, RestartCounter, type Restarts } from "./restart-counter.ts";

/** Longest time that a roll waits to know how a process ended. */
const longestHandlingMs = 3000;

/**
 * How long a process that failed its rollout gets no request, unless a roll opens its front port
 * sooner. A rollback takes no longer.
 */
const closedSeconds = 30;

export interface ServiceHealthDeps {
  readonly service: ServiceFile;
  readonly instance: string;
  readonly journal: Journal;
  readonly store: Pick<Store, "readEnvironment">;
  readonly supervisor: Pick<Supervisor, "state">;
  readonly ends: Ends;
  readonly gate: Pick<Gate, "close">;
  readonly clock: Clock;
  readonly log: Log;
}

interface LastEnd {
  readonly atMs: number;
  readonly how: string;
}

/** The health of one service's processes, for as long as the agent lives. */
export class ServiceHealth implements Health {
  readonly #deps: ServiceHealthDeps;
  readonly #restarts: RestartCounter;
  /** By place: the last end by itself. */
  readonly #lastEnds = new Map<string, LastEnd>();
  /** Reported ends that are not yet handled. */
  readonly #inHand = new Set<Promise<void>>();
  readonly #news = signal();
  #closedUntilMs = 0;

  constructor(deps: ServiceHealthDeps) {
    this.#deps = deps;
    this.#restarts = new RestartCounter(deps.supervisor, deps.clock);
  }

  /** Begins to watch how processes end. */
  watch(): void {
    const { ends, service, log } = this.#deps;
    ends.watch(async (end) => {
      const handled = end
        .then((it) => this.#handle(it))
        .catch((error: unknown) => {
          log("end.unknown", { service: service.service, error: describe(error) });
        });
      this.#inHand.add(handled);
      await handled;
      this.#inHand.delete(handled);
    });
  }

  async faultOf(environmentId: string): Promise<Problem | undefined> {
    await this.#settled();
    const { service, instance } = this.#deps;
    const fault = this.#knownFault(environmentId);
    if (fault === undefined) return undefined;
    return new Problem({
      happened: fault,
      unchanged: "the processes that had not rolled keep what they serve",
      next: `on ${instance}: journalctl -u '${allUnits(service.service)}' -n 100`,
    });
  }

  async endOf(place: Place, since = 0): Promise<string | undefined> {
    await this.#settled();
    const end = this.#lastEnds.get(placeId(place));
    return end && end.atMs >= since ? end.how : undefined;
  }

  /** Restarts of the side that serves process n; undefined without any. */
  restartsOf(n: number): Restarts | undefined {
    const serving = this.#deps.journal.current().serving[n];
    return serving && this.#restarts.of({ n, side: serving.side }, serving.environmentId);
  }

  /** Resolves when a process that serves has restarted since the last call resolved. */
  async restarted(): Promise<void> {
    await this.#news.wait();
    this.#news.clear();
  }

  /** Lets `restarted` resolve once more: its caller could not do its work. */
  remind(): void {
    this.#news.set();
  }

  /**
   * Takes a process that restarted out of rotation for a while, if others serve another
   * environment: it may lose each request that it gets. One at most: others with its environment may
   * be no better.
   */
  async closeFaulty(): Promise<void> {
    const { service, gate, clock, log } = this.#deps;
    const n = this.#faultyProcess();
    if (n === undefined) return;
    this.#closedUntilMs = clock.monotonicMs() + closedSeconds * 1000;
    await gate.close(frontPort(service, n), closedSeconds);
    log("gate.closed", { service: service.service, process: n, closedSeconds });
  }

  /** Records a fault of an environment other than a restart. */
  async blame(environmentId: string, why: string): Promise<void> {
    const { service, journal, log } = this.#deps;
    if (this.#knownFault(environmentId) !== undefined) return;
    const { serving } = journal.current();
    const release = Object.values(serving).find(
      (it) => it.environmentId === environmentId,
    )?.release;
    await this.#recordFault(environmentId, `${release} is worse than what it replaces: ${why}`);
    log("release.worse", { service: service.service, release, why });
    this.remind();
  }

  /** Waits until the reported ends are handled, within a bound: a query may hang. */
  async #settled(): Promise<void> {
    if (this.#inHand.size === 0) return;
    await Promise.race([Promise.all(this.#inHand), this.#deps.clock.sleep(longestHandlingMs)]);
  }

  async #handle(end: ProcessEnd): Promise<void> {
    const { service, journal, clock } = this.#deps;
    const { place } = end;
    const { contents, isServing } = contentsOf(service, journal.current(), place);
    if (end.isAsked) {
      this.#lastEnds.delete(placeId(place));
      this.#restarts.forget(place);
      return;
    }
    const how =
      contents && isServing
        ? await this.#handleRestart(end, contents)
        : await this.#describeEnd(end, contents?.environmentId);
    this.#lastEnds.set(placeId(place), { atMs: clock.monotonicMs(), how });
  }

  /** @returns how the process ended. */
  async #handleRestart(end: ProcessEnd, serving: Serving): Promise<string> {
    const { service, log } = this.#deps;
    const { environmentId, release } = serving;
    const { restarts, lastExit, isReportDue } = await this.#restarts.count(end, environmentId, () =>
      this.#describeEnd(end, environmentId),
    );
    if (isReportDue) {
      log("process.restarted", {
        ...{ service: service.service, process: end.place.n, side: end.place.side },
        ...{ release, restarts, how: lastExit },
      });
    }
    await this.#blameRestart(end.place, serving, lastExit);
    if (this.#isRolling(environmentId)) await this.closeFaulty();
    this.remind();
    return lastExit;
  }

  async #blameRestart(
    place: Place,
    { environmentId, release }: Serving,
    how: string,
  ): Promise<void> {
    const { service, log } = this.#deps;
    if (this.#knownFault(environmentId) !== undefined) return;
    const unit = unitName(service.service, place);
    const fault = `process ${place.n} of ${service.service} (${unit}), which served ${release}, restarted: ${how}`;
    // A failed write must not stop the report of the restart.
    await this.#recordFault(environmentId, fault).catch((error) =>
      log("journal.failed", { service: service.service, error: describe(error) }),
    );
  }

  /** While this roll is under way the rollout has not ended, so the process is closed at once. */
  #isRolling(environmentId: string): boolean {
    const { deploy, ended } = this.#deps.journal.current();
    return deploy !== undefined && !ended && environmentIdOf(deploy) === environmentId;
  }

  /** The process that is to be closed; undefined where it could not be spared. */
  #faultyProcess(): number | undefined {
    const { service, journal, clock } = this.#deps;
    const { serving, moves } = journal.current();
    // In place, the process that moves is out already.
    const isOut = (n: string) => settingsOf(service, Number(n)).strategy === "in-place";
    const asked = Object.entries(serving).filter(([n]) => speaksHttp(service, Number(n)));
    if (asked.length < 2 || Object.keys(moves).some(isOut)) return undefined;
    if (clock.monotonicMs() < this.#closedUntilMs) return undefined;
    const [n, faulty] = asked.find(([n]) => this.restartsOf(Number(n))) ?? [];
    const isAlone = asked.every(([, { environmentId }]) => environmentId === faulty?.environmentId);
    return n === undefined || isAlone ? undefined : Number(n);
  }

  #knownFault(environmentId: string): string | undefined {
    return this.#deps.journal.current().faults?.[environmentId];
  }

  async #recordFault(environmentId: string, fault: string): Promise<void> {
    await this.#deps.journal.change((state) => ({
      ...state,
      faults: { ...state.faults, [environmentId]: fault },
    }));
  }

  async #describeEnd(end: ProcessEnd, environmentId: string | undefined): Promise<string> {
    const { store, ends } = this.#deps;
    const how = describeEnd(end);
    const config =
      environmentId && (await store.readEnvironment(environmentId).catch(() => undefined));
    // Without the environment the log cannot be redacted.
    if (!config) return how;
    const gist = gistOf(await ends.lastLines(end), config.environment);
    return gist === undefined ? how : `${how}; its log: ${gist}`;
  }
}

/** What a place serves, or is about to serve. */
function contentsOf(
  service: ServiceFile,
  state: ServiceState,
  { n, side }: Place,
): { readonly contents: Serving | undefined; readonly isServing: boolean } {
  const serving = servingByJournal(service, state, n);
  if (serving?.side === side) return { contents: serving, isServing: true };
  const to = state.moves[n]?.to;
  return { contents: to?.side === side ? to : undefined, isServing: false };
}
