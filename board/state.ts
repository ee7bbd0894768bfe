import type { Entry } from "../lib/consul.ts";
import { parseDeploy } from "../protocol/deploys.ts";
import {
  type Deploy,
  type InstanceRollout,
  type ProcessPhase,
  rolledAt,
} from "../protocol/documents.ts";
import { parseDrain } from "../protocol/drains.ts";
import { historyOf, type PastDeploy, phaseOf } from "../protocol/history.ts";
import { keys } from "../protocol/keys.ts";
import { newerLines } from "../protocol/newer.ts";
import { parsePause } from "../protocol/pauses.ts";
import { type Status, statusOf } from "../protocol/status.ts";
import { parseEach } from "../protocol/unusable.ts";
import { bySteps, oneByOneSeconds, partsOf } from "./took.ts";
import type { Part } from "./wall-time.ts";

/** Everything that the page shows. Times are ISO 8601; what is picked here is all that leaves. */
export interface BoardState {
  readonly cluster: string;
  /** Absent until everything was read once. */
  readonly services?: readonly ServiceState[];
  /** Set while Consul gives no answer. */
  readonly trouble?: Trouble;
}

/** Why what is shown may be old. */
export interface Trouble {
  /** The last answer; absent where there was none yet. */
  readonly since?: string;
  readonly happened: string;
}

export type ServicePhase = "never" | ReturnType<typeof phaseOf>;

export interface ServiceState {
  readonly service: string;
  /** Which of its documents cannot be shown, and why. */
  readonly problem?: string;
  readonly phase: ServicePhase;
  readonly deploy?: DeployState;
  readonly hold?: BySomebody;
  /** Set while its rollouts are paused. */
  readonly pause?: BySomebody;
  /** The release that was good on the whole fleet last. */
  readonly good?: string;
  readonly instances: readonly InstanceState[];
  readonly clock?: ClockState;
  /** The last deploys, the newest first. */
  readonly history: readonly PastState[];
}

/** What a person did, and why. */
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
  readonly error?: string;
  /** Somebody took it out; from `until` on that means nothing any more. */
  readonly drain?: BySomebody & { readonly until: string };
  readonly processes: readonly ProcessState[];
}

export interface ProcessState {
  readonly number: number;
  readonly release: string;
  readonly phase: ProcessPhase;
  readonly since: string;
  readonly error?: string;
  /** How often it restarted by itself since it serves its release; absent where it never did. */
  readonly restarts?: number;
  /** How it ended the last time. */
  readonly lastExit?: string;
}

/** A rollout's time, from the deploy's document on. */
export interface ClockState {
  readonly from: string;
  /** When everything served, or it ended before; absent while it rolls. */
  readonly until?: string;
  /** Until when what serves is watched; absent before and after. */
  readonly watchedUntil?: string;
  /** Median of the last rollouts that ended as `done`; absent where there was none. */
  readonly usualSeconds?: number;
  /** How many rollouts that median is of. */
  readonly usualOf: number;
  /** Median of stop + start + probe of every process, one after another; from timed steps. */
  readonly oneByOneSeconds?: number;
}

export interface PastState extends DeployState {
  readonly phase: ServicePhase;
  /** From the deploy's document until everything served, or the rollout's end; absent before. */
  readonly seconds?: number;
  /** Where that time went, adding up to it. */
  readonly parts: readonly { readonly part: Part; readonly seconds: number }[];
  /** Whether the parts are of timed steps; else they are of the instances' own times. */
  readonly bySteps: boolean;
  /** What failed, by instance. */
  readonly errors: readonly string[];
}

/** So many deploys of a service are looked at. */
export const historyLength = 12;

/** Entries as they stand. */
export interface Entries {
  readonly deploys: readonly Entry[];
  readonly holds: readonly Entry[];
  readonly pauses: readonly Entry[];
  readonly drains: readonly Entry[];
  /** Below `releases/`. */
  readonly releases: readonly Entry[];
  /** Of each service's last rollouts. */
  readonly rollouts: readonly Entry[];
}

/** What the page shows of these entries. A document that cannot be used is named; the rest is shown. */
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
      instanceOf(report, at(entries.drains, keys.drain(report.instance))),
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

const instanceOf = (report: InstanceRollout, drain: Entry | undefined): InstanceState => ({
  instance: report.instance,
  phase: report.phase,
  seenAt: report.seenAt,
  ...(report.endedAt === undefined ? {} : { endedAt: report.endedAt }),
  connectionsCut: report.connectionsCut,
  ...(report.error === undefined ? {} : { error: report.error }),
  ...(drain ? { drain: drainOf(drain) } : {}),
  processes: Object.entries(report.processes)
    .map(([n, { release, phase, since, error, restarts = 0, lastExit }]) => ({
      number: Number(n),
      release,
      phase,
      since,
      ...(error === undefined ? {} : { error }),
      ...(restarts === 0 ? {} : { restarts }),
      ...(restarts === 0 || lastExit === undefined ? {} : { lastExit }),
    }))
    .sort((a, b) => a.number - b.number),
});

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

/** Two machines wrote these times: the end may seem to be before the beginning. */
function secondsOf({ deploy, rollout }: PastDeploy): number | undefined {
  const until = rollout && rolledAt(rollout);
  if (until === undefined) return undefined;
  return Math.max(0, (Date.parse(until) - Date.parse(deploy.at)) / 1000);
}

function median(numbers: readonly number[]): number | undefined {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
