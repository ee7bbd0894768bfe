import type { Entry } from "../lib/consul.ts";
import { parseDeploy } from "../protocol/deploys.ts";
import {
  type Deploy,
  type InstanceRollout,
  type ProcessReport,
  rolledAt,
} from "../protocol/documents.ts";
import { countDone } from "../protocol/done-processes.ts";
import { parseDrain } from "../protocol/drains.ts";
import { historyOf, type PastDeploy, phaseOf } from "../protocol/history.ts";
import { keys } from "../protocol/keys.ts";
import { killedIn, killedLines } from "../protocol/killed.ts";
import { newerLines } from "../protocol/newer.ts";
import { parsePause } from "../protocol/pauses.ts";
import {
  type Holders,
  holdersOf,
  type PhaseInFleet,
  phaseByLease,
} from "../protocol/singletons.ts";
import { type Status, statusOf } from "../protocol/status.ts";
import { parseEach } from "../protocol/unusable.ts";
import { bySteps, oneByOneSeconds, partsOf } from "./durations.ts";
import type { Part } from "./wall-time.ts";

/** Everything that the page shows. Times are ISO 8601; no other field leaves the program. */
export interface BoardState {
  readonly cluster: string;
  /** Absent until everything has been read once. */
  readonly services?: readonly ServiceState[];
  /** Set while Consul does not answer. */
  readonly trouble?: Trouble;
}

/** The reason why the shown state may be old. */
export interface Trouble {
  /** The time of the last answer; absent where there was none yet. */
  readonly since?: string;
  readonly happened: string;
}

export type ServicePhase = "never" | ReturnType<typeof phaseOf>;

export interface ServiceState {
  readonly service: string;
  /** Describes the invalid documents that cannot be shown. */
  readonly problem?: string;
  readonly phase: ServicePhase;
  readonly deploy?: DeployState;
  readonly hold?: BySomebody;
  /** Set while its rollouts are paused. */
  readonly pause?: BySomebody;
  /** The last known good release. */
  readonly good?: string;
  readonly instances: readonly InstanceState[];
  readonly clock?: ClockState;
  /** The last deploys, the newest first. */
  readonly history: readonly PastState[];
}

/** A person's action, with its reason. */
export interface BySomebody {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

export interface DeployState {
  readonly revision: number;
  readonly kind: Deploy["kind"];
  readonly release: string;
  readonly by: string;
  readonly at: string;
  readonly reason: string;
}

export interface InstanceState {
  readonly instance: string;
  readonly phase: InstanceRollout["phase"];
  readonly seenAt: string;
  readonly endedAt?: string;
  /** Connections that were cut when the drain's time was over. */
  readonly connectionsCut: number;
  /** The processes that had to be killed at their stop, in words; absent where there were none. */
  readonly killed?: string;
  readonly error?: string;
  /** Set while a person keeps it drained; it has no effect from `until` on. */
  readonly drain?: BySomebody & { readonly until: string };
  readonly processes: readonly ProcessState[];
  /** How many of its processes are done. */
  readonly done: number;
}

export interface ProcessState {
  readonly number: number;
  readonly release: string;
  readonly phase: PhaseInFleet;
  readonly since: string;
  readonly error?: string;
  /** The number of its restarts by itself on this release; absent where there were none. */
  readonly restarts?: number;
  /** The last exit status or signal. */
  readonly lastExit?: string;
}

/** The duration of a rollout, from the deploy's document on. */
export interface ClockState {
  readonly from: string;
  /** The time when everything served, or when it ended earlier; absent while it rolls. */
  readonly until?: string;
  /** The end of the watch; absent before and after it. */
  readonly watchedUntil?: string;
  /** Median of the last rollouts that ended as `done`; absent where there was none. */
  readonly usualSeconds?: number;
  /** The number of rollouts in that median. */
  readonly usualOf: number;
  /** Median of stop + start + probe of every process, one after another; from timed steps. */
  readonly oneByOneSeconds?: number;
}

export interface PastState extends DeployState {
  readonly phase: ServicePhase;
  /** From the deploy's document until everything served, or the rollout ended; absent before. */
  readonly seconds?: number;
  /** The parts of that time; their sum is the time. */
  readonly parts: readonly { readonly part: Part; readonly seconds: number }[];
  /** Whether the parts come from timed steps; else they come from the instances' own times. */
  readonly bySteps: boolean;
  /** The errors, by instance. */
  readonly errors: readonly string[];
}

/** The number of deploys that are read for each service. */
export const historyLength = 12;

/** Raw entries from Consul. */
export interface Entries {
  readonly deploys: readonly Entry[];
  readonly holds: readonly Entry[];
  readonly pauses: readonly Entry[];
  readonly drains: readonly Entry[];
  /** Below `releases/`. */
  readonly releases: readonly Entry[];
  /** Of each service's singletons. */
  readonly leases: readonly Entry[];
  /** Entries of each service's last rollouts. */
  readonly rollouts: readonly Entry[];
}

/** Converts entries to the page's state. An invalid document is named; the rest is shown. */
export function servicesOf(cluster: string, entries: Entries): ServiceState[] {
  const names = [
    ...entries.deploys.map(({ key }) => key.slice(keys.deploys().length)),
    ...entries.holds.map(({ key }) => key.slice(keys.holds().length)),
  ];
  return [...new Set(names)].sort().map((service) => serviceOf(cluster, service, entries));
}

function serviceOf(cluster: string, service: string, entries: Entries): ServiceState {
  const at = (among: readonly Entry[], key: string) => among.find((entry) => entry.key === key);
  const status = statusOf(cluster, service, {
    deploy: at(entries.deploys, keys.deploy(service)),
    hold: at(entries.holds, keys.hold(service)),
    rollouts: entries.rollouts,
  });
  const { deploy, hold } = status;
  const goodKey = keys.good(service);
  const good = at(entries.releases, goodKey);
  const goods = parseEach(good ? [good] : [], (entry) => parseDeploy(service, entry));
  const problems = [
    ...newerLines(service, status.instances),
    ...status.unreadable,
    ...goods.unusable.map(({ happened }) => happened),
  ];
  const pause = at(entries.pauses, keys.pause(service));
  const isLease = ({ key }: Entry) => key.startsWith(keys.singletons(service));
  const holders = holdersOf(service, entries.leases.filter(isLease));
  const past = historyOf(service, entries.rollouts).slice(0, historyLength);
  return {
    service,
    ...(problems.length > 0 ? { problem: problems.join("; ") } : {}),
    phase: deploy ? phaseOf(status) : "never",
    ...(deploy ? { deploy: deployOf(deploy), clock: clockOf(deploy, status, past) } : {}),
    ...(hold ? { hold: bySomebody(hold) } : {}),
    ...(pause ? { pause: bySomebody(parsePause(pause)) } : {}),
    ...goods.usable.map((it) => ({ good: it.release.id }))[0],
    instances: status.instances.map((report) =>
      instanceOf(report, deploy, at(entries.drains, keys.drain(report.instance)), holders),
    ),
    history: past.map(pastOf),
  };
}

const deployOf = ({ revision, kind, release, by, at, reason }: Deploy): DeployState => ({
  revision,
  kind,
  release: release.id,
  by,
  at,
  reason,
});

const bySomebody = ({ by, reason, at }: BySomebody): BySomebody => ({ by, reason, at });

function drainOf(entry: Entry): NonNullable<InstanceState["drain"]> {
  const drain = parseDrain(entry);
  return { ...bySomebody(drain), until: drain.until };
}

const instanceOf = (
  report: InstanceRollout,
  deploy: Deploy | undefined,
  drain: Entry | undefined,
  holders: Holders,
): InstanceState => ({
  instance: report.instance,
  phase: report.phase,
  seenAt: report.seenAt,
  ...(report.endedAt === undefined ? {} : { endedAt: report.endedAt }),
  connectionsCut: report.connectionsCut,
  ...(killedIn([report]) === 0 ? {} : { killed: killedLines([report]).join() }),
  ...(report.error === undefined ? {} : { error: report.error }),
  ...(drain ? { drain: drainOf(drain) } : {}),
  processes: Object.entries(report.processes)
    .map(([n, process]) => processOf(Number(n), process, report.instance, holders))
    .sort((a, b) => a.number - b.number),
  done: deploy ? countDone(deploy, report) : 0,
});

function processOf(
  number: number,
  process: ProcessReport,
  instance: string,
  holders: Holders,
): ProcessState {
  const { release, since, error, restarts = 0, lastExit } = process;
  return {
    number,
    release,
    phase: phaseByLease(process, instance, holders),
    since,
    ...(error === undefined ? {} : { error }),
    ...(restarts === 0 ? {} : { restarts }),
    ...(restarts === 0 || lastExit === undefined ? {} : { lastExit }),
  };
}

function clockOf(deploy: Deploy, { rollout }: Status, past: readonly PastDeploy[]): ClockState {
  const done = past.filter(
    (one) => one.rollout?.phase === "done" && one.deploy.revision < deploy.revision,
  );
  const until = rollout && rolledAt(rollout);
  const usual = median(done.flatMap((one) => secondsOf(one) ?? []));
  const oneByOne = median(done.flatMap((one) => oneByOneSeconds(one) ?? []));
  return {
    from: deploy.at,
    ...(until === undefined ? {} : { until }),
    ...(rollout?.phase === "watching" && rollout.watchedUntil !== undefined
      ? { watchedUntil: rollout.watchedUntil }
      : {}),
    ...(usual === undefined ? {} : { usualSeconds: usual }),
    usualOf: done.length,
    ...(oneByOne === undefined ? {} : { oneByOneSeconds: oneByOne }),
  };
}

const pastOf = (past: PastDeploy): PastState => {
  const seconds = secondsOf(past);
  return {
    ...deployOf(past.deploy),
    phase: phaseOf(past),
    ...(seconds === undefined ? {} : { seconds }),
    parts: partsOf(past),
    bySteps: bySteps(past),
    errors: past.instances.flatMap(({ instance, error }) =>
      error === undefined ? [] : [`${instance}: ${error}`],
    ),
  };
};

/** Two machines wrote these times, so the end may be before the beginning. */
function secondsOf({ deploy, rollout }: PastDeploy): number | undefined {
  const until = rollout && rolledAt(rollout);
  if (until === undefined) return undefined;
  return Math.max(0, (Date.parse(until) - Date.parse(deploy.at)) / 1000);
}

function median(numbers: readonly number[]): number | undefined {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
