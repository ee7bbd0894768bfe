import { table } from "../../lib/text-table.ts";
import { killedLines } from "../../protocol/killed.ts";
import { newerLines } from "../../protocol/newer.ts";
import { readPause } from "../../protocol/pauses.ts";
import { restartLines } from "../../protocol/restarts.ts";
import { phaseByLease, readHolders, unheldLines } from "../../protocol/singletons.ts";
import { readStatus } from "../../protocol/status.ts";
import type { Command, Context } from "../core/context.ts";
import { answer } from "../core/output.ts";
import { deployedServices } from "../deploys/deployed-services.ts";
import { drainedLine, readDrained, waitLines } from "../deploys/drained.ts";
import { refuseUnknown } from "../deploys/known-service.ts";
import { largeStateLines, readLargeState } from "../deploys/large-state.ts";
import { isOver } from "../deploys/rollout-events.ts";
import { failedNotes, readScheduled } from "../deploys/scheduled.ts";

/** Shows the desired release, and what each instance runs. */
export const status: Command = {
  usage: "status [S]",
  about: "what a service is to run, what runs where, what failed and why",
  words: [0, 1],
  async run(context, [service], options) {
    const services = service ? [service] : await deployedServices(context.consul);
    const all = await Promise.all(services.map((name) => statusOf(context, name)));
    const lines = all.flatMap((one, i) => [...(i > 0 ? [""] : []), ...linesOf(one)]);
    answer(
      context,
      options,
      service ? all[0] : all,
      lines.length > 0 ? lines : ["nothing is deployed"],
    );
    return 0;
  },
};

async function statusOf(context: Context, service: string) {
  const { consul, cluster, now } = context;
  const [status, pause, instances, scheduled, largeState, holders] = await Promise.all([
    readStatus(consul, cluster, service),
    readPause(consul, service),
    consul.serviceInstances(service),
    readScheduled(consul, service),
    readLargeState(consul, service, now()),
    readHolders(consul, service),
  ]);
  const registered = instances.map(({ name }) => name);
  if (!status.deploy && status.unreadable.length === 0) await refuseUnknown(context, service);
  const drained = await readDrained(consul, registered, now());
  const singletons = Object.fromEntries(holders);
  return { ...status, pause, scheduled, largeState, drained, singletons };
}

type Status = Awaited<ReturnType<typeof statusOf>>;

function linesOf(status: Status): string[] {
  const { service, cluster, deploy, hold, pause, drained, rollout, instances, unreadable } = status;
  const holders = new Map(Object.entries(status.singletons));
  const flags = [
    ...(hold ? [`held by ${hold.by}: ${hold.reason}`] : []),
    ...(pause ? [`paused by ${pause.by}: ${pause.reason}`] : []),
    ...drained.map(drainedLine),
    ...unreadable,
  ];
  if (!deploy) {
    const what = unreadable.length > 0 ? "its deploy cannot be read" : "never deployed";
    return [`${service} in ${cluster}: ${what}`, ...flags];
  }
  const head = [
    `${service} in ${cluster}: ${deploy.release.id}, ${deploy.kind} by ${deploy.by}, revision ${deploy.revision} of ${deploy.at}: ${describeRollout(rollout)}`,
    ...(rollout?.reason ? [`${rollout.phase}: ${rollout.reason}`] : []),
    ...flags,
    ...newerLines(service, instances),
    ...(!rollout || !isOver(rollout.phase) ? waitLines(instances) : []),
    ...restartLines(instances),
    ...killedLines(instances),
    ...unheldLines(instances, holders),
    ...failedNotes(status.scheduled),
    ...largeStateLines(status.largeState),
  ];
  const rows = instances.flatMap(({ instance, phase, processes }) =>
    Object.entries(processes).map(([n, p]) => [
      instance,
      phase,
      p.kind ? `${n} ${p.kind}` : n,
      p.release,
      phaseByLease(p, instance, holders),
      p.since,
    ]),
  );
  const errors = instances.flatMap(({ instance, error }) =>
    error ? [`${instance}: ${error}`] : [],
  );
  if (rows.length === 0) return head;
  const columns = ["instance", "roll", "process", "release", "phase", "since"];
  return [...head, "", ...table([columns, ...rows]), ...errors];
}

function describeRollout(rollout: Status["rollout"]): string {
  if (rollout?.phase !== "watching") return rollout?.phase ?? "announced";
  const { servedAt, watchedUntil } = rollout;
  return `watching, serves since ${servedAt}, watched until ${watchedUntil}`;
}
