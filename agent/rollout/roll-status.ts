import {
  type Deploy,
  type InstanceRollout,
  type ProcessPhase,
  type ProcessReport,
  schemaVersion,
  type TimedStep,
} from "../../protocol/documents.ts";
import { kindOf, settingsOf } from "../../protocol/process-settings.ts";
import { processNumbers, type ServiceFile } from "../../protocol/service-file.ts";
import type { Clock } from "../core/effects.ts";
import type { Journal } from "../core/state.ts";
import type { ServiceHealth } from "../health/service-health.ts";
import type { Progress } from "../roll/progress.ts";
import type { StatusWriter } from "./status-writer.ts";

/** The status of one roll as it grows; the status writer gets every change of it. */
export interface RollStatus {
  /** Receives the roll's events; steps are shown with the next change. */
  readonly progress: Progress;
  instance(change: Partial<InstanceRollout>): InstanceRollout;
  /** The report with a change that is not made yet. */
  draft(change: Partial<InstanceRollout>): InstanceRollout;
  /** Makes a change that was written as a draft already. */
  keep(change: Partial<InstanceRollout>): void;
  /** When the first process began; now, if none has. */
  startedAt(): string;
}

export function rollStatus({
  service,
  deploy,
  instance,
  clock,
  journal,
  statusWriter,
  health,
}: {
  readonly service: ServiceFile;
  readonly deploy: Deploy;
  readonly instance: string;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly statusWriter: StatusWriter;
  readonly health: Pick<ServiceHealth, "restartsOf">;
}): RollStatus {
  const time = () => clock.now().toISOString();
  const processes: Record<string, ProcessReport> = {};
  const steps: Record<string, TimedStep[]> = {};
  const see = (n: number, phase: ProcessPhase, error?: string) => {
    const release = journal.current().serving[n]?.release ?? deploy.release.id;
    const kind = kindOf(service, n);
    processes[n] = {
      release,
      phase,
      ...(kind === undefined ? {} : { kind }),
      ...(settingsOf(service, n).singleton ? { singleton: true } : {}),
      since: time(),
      ...(error === undefined ? {} : { error }),
      ...(steps[n] ? { steps: steps[n] } : {}),
    };
  };
  for (const n of processNumbers(service)) {
    see(n, journal.current().serving[n] ? "serving" : "out");
  }
  let report: InstanceRollout = {
    schema: schemaVersion,
    instance,
    service: service.service,
    revision: deploy.revision,
    phase: "fetching",
    seenAt: time(),
    processes,
    connectionsCut: 0,
    ...(service.cron === undefined ? {} : { cron: timesOf(service, service.cron) }),
  };
  const draft = (change: Partial<InstanceRollout>): InstanceRollout => ({
    ...report,
    ...change,
    processes: Object.fromEntries(
      Object.entries(processes).map(([n, it]) => [n, { ...it, ...health.restartsOf(Number(n)) }]),
    ),
  });
  const keep = (change: Partial<InstanceRollout>) => {
    report = draft(change);
  };
  const change = (with_: Partial<InstanceRollout>) => {
    keep(with_);
    statusWriter.show(report);
    return report;
  };
  const progress: Progress = {
    report(n, phase, error) {
      see(n, phase, error);
      change({});
    },
    recordStep(step, n) {
      const before = n === undefined ? report.steps : steps[n];
      const now = [...(before ?? []), step];
      if (n === undefined) report = { ...report, steps: now };
      else steps[n] = now;
    },
    countConnectionsCut: (connections) =>
      void change({ connectionsCut: report.connectionsCut + connections }),
    countKilled: (afterSeconds) =>
      void change({ killed: (report.killed ?? 0) + 1, killedAfterSeconds: afterSeconds }),
  };
  const startedAt = () => report.startedAt ?? time();
  return { progress, instance: change, draft, keep, startedAt };
}

const timesOf = ({ timeZone }: ServiceFile, cron: NonNullable<ServiceFile["cron"]>) =>
  Object.fromEntries(
    Object.entries(cron).map(([name, { at }]) => [
      name,
      { at, ...(timeZone === undefined ? {} : { timeZone }) },
    ]),
  );
