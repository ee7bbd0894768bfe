import type { Consul, Entry } from "../lib/consul.ts";
import { happening, Problem } from "../lib/problem.ts";
import { parseDeploy } from "../protocol/deploys.ts";
import type { Deploy } from "../protocol/documents.ts";
import { phaseOf } from "../protocol/history.ts";
import { keys } from "../protocol/keys.ts";
import { progressOf } from "../protocol/status.ts";
import { parseEach } from "../protocol/unusable.ts";
import { type BoardState, historyLength, servicesOf, type Trouble } from "./state.ts";

export interface WatchOptions {
  readonly cluster: string;
  readonly consul: Consul;
  readonly now: () => Date;
  /** Receives every new state. */
  readonly changed: (state: BoardState) => void;
  /** Stops all reads. */
  readonly signal: AbortSignal;
  /** Longest blocking read, in seconds: a silent Consul is noticed soon after it. @default 10 */
  readonly waitSeconds?: number;
  /** Wait between two reads of a prefix, in milliseconds: it debounces changes. @default 100 */
  readonly pauseMs?: number;
  /** Wait between two tries while Consul does not answer, in milliseconds. @default 1000 */
  readonly retryMs?: number;
}

/** A service's current deploy, and its phase. */
interface Standing {
  readonly revision: number;
  readonly phase: string;
}

const base = [keys.deploys(), keys.holds(), keys.pauses(), keys.drains(), keys.allReleases()];

/**
 * Watches a cluster's documents: one blocking query each on `deploys/`, `holds/`, `pauses/`,
 * `drains/`, `releases/` and the current rollout of every service. An older rollout is read once,
 * or until it has ended: a service's whole history may be large.
 */
export function watchBoard(options: WatchOptions): void {
  const { cluster, consul, now, changed, signal } = options;
  const { waitSeconds = 10, pauseMs = 100, retryMs = 1000 } = options;
  /** The entries of the last read, by prefix. */
  const found = new Map<string, readonly Entry[]>();
  const answeredAt = new Map<string, Date>();
  /** The current error, by prefix. */
  const failing = new Map<string, string>();
  /** Stops the read of a current rollout, by prefix. */
  const rollouts = new Map<string, AbortController>();
  /** Each service's current deploy when its older rollouts were read. */
  const stood = new Map<string, Standing>();

  async function follow(prefix: string, stop: AbortSignal) {
    let index = 0;
    while (!stop.aborted) {
      try {
        const answer = await consul.list(prefix, { index, waitSeconds, signal: stop });
        if (stop.aborted) return;
        index = answer.index;
        found.set(prefix, answer.found);
        answeredAt.set(prefix, now());
        // Entries from before an outage may be out of date.
        if (failing.delete(prefix) && failing.size === 0) stood.clear();
        look();
        await pause(pauseMs);
      } catch (error) {
        if (stop.aborted) return;
        if (!(error instanceof Problem)) throw error;
        index = 0;
        failing.set(prefix, happening(error));
        publish();
        await pause(retryMs);
      }
    }
  }

  /** Follows the current rollouts, and reads older ones again where they may have changed. */
  function look() {
    const standing = standingDeploys(found.get(keys.deploys()) ?? []);
    const wanted = new Set(
      standing.map(({ service, revision }) => keys.rollout(service, revision)),
    );
    for (const [prefix, reading] of rollouts) {
      if (wanted.has(prefix)) continue;
      reading.abort();
      rollouts.delete(prefix);
      failing.delete(prefix);
    }
    for (const prefix of wanted) {
      if (rollouts.has(prefix)) continue;
      const reading = new AbortController();
      rollouts.set(prefix, reading);
      void follow(prefix, AbortSignal.any([signal, reading.signal]));
    }
    const shown = new Set(standing.flatMap(shownPrefixes));
    for (const prefix of found.keys()) {
      if (!base.includes(prefix) && !shown.has(prefix)) found.delete(prefix);
    }
    for (const { service, revision } of standing) void lookBack(service, revision);
    publish();
  }

  /** Reads a service's older rollouts where the current deploy, or its phase, has changed. */
  async function lookBack(service: string, revision: number) {
    const before = stood.get(service);
    const phase = phaseIn(found, service, revision);
    if (before?.revision === revision && before.phase === phase) return;
    stood.set(service, { revision, phase });
    // On the first read, or after a restored snapshot, earlier entries may belong to other deploys.
    const isAnew = before === undefined || before.revision > revision;
    try {
      for (const older of olderThan(revision)) {
        const prefix = keys.rollout(service, older);
        if (!isAnew && isEnded(found, service, older)) continue;
        found.set(prefix, (await consul.list(prefix, { signal })).found);
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // `follow` gets the same error, reports it, and calls this again.
      stood.delete(service);
    }
    publish();
  }

  function publish() {
    if (signal.aborted) return;
    const services = [...base, ...rollouts.keys()].every((prefix) => found.has(prefix))
      ? servicesOf(cluster, {
          deploys: under(keys.deploys()),
          holds: under(keys.holds()),
          pauses: under(keys.pauses()),
          drains: under(keys.drains()),
          releases: under(keys.allReleases()),
          rollouts: shownRollouts(),
        })
      : undefined;
    const trouble = troubleOf(failing, answeredAt);
    changed({ cluster, ...(services ? { services } : {}), ...(trouble ? { trouble } : {}) });
  }

  const under = (prefix: string) => found.get(prefix) ?? [];
  /** Only the shown revisions, and each once: the prefix of revision 1 also matches revision 10. */
  const shownRollouts = () =>
    standingDeploys(under(keys.deploys())).flatMap(({ service, revision }) =>
      [revision, ...olderThan(revision)].flatMap((one) => entriesOf(found, service, one)),
    );

  for (const prefix of base) void follow(prefix, signal);
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());

const shownPrefixes = ({ service, revision }: { service: string; revision: number }) =>
  [revision, ...olderThan(revision)].map((one) => keys.rollout(service, one));

const olderThan = (revision: number) =>
  Array.from({ length: Math.min(historyLength, revision) - 1 }, (_, i) => revision - 1 - i);

/** The current deploys. An invalid one is shown as such, but there is no rollout to follow. */
function standingDeploys(entries: readonly Entry[]): readonly Deploy[] {
  return parseEach(entries, (entry) => parseDeploy(entry.key.slice(keys.deploys().length), entry))
    .usable;
}

type Found = ReadonlyMap<string, readonly Entry[]>;

function entriesOf(found: Found, service: string, revision: number): readonly Entry[] {
  const key = keys.rollout(service, revision);
  return (found.get(key) ?? []).filter((e) => e.key === key || e.key.startsWith(`${key}/`));
}

/** The phase of a rollout as far as its documents are valid. */
const phaseIn = (found: Found, service: string, revision: number) =>
  phaseOf(progressOf(service, revision, entriesOf(found, service, revision)));

const isEnded = (found: Found, service: string, revision: number) =>
  ["done", "failed", "halted"].includes(phaseIn(found, service, revision));

function troubleOf(
  failing: ReadonlyMap<string, string>,
  answeredAt: ReadonlyMap<string, Date>,
): Trouble | undefined {
  const [happened] = failing.values();
  if (happened === undefined) return undefined;
  const times = [...failing.keys()].flatMap((prefix) => answeredAt.get(prefix)?.getTime() ?? []);
  return times.length === 0
    ? { happened }
    : { since: new Date(Math.min(...times)).toISOString(), happened };
}
