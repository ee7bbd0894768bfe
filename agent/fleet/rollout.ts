import type { Consul, Entry, Operation } from "../../protocol/consul.ts";
import {
  Deploy,
  formatDocument,
  InstanceRollout,
  parseDocument,
  Rollout,
  schemaVersion,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { sameDeploy } from "../decide.ts";

/** A read-decide-write round is repeated this often when another agent was faster. */
const attempts = 5;

/** A rollout's document, as it was read. */
export interface ReadRollout {
  readonly key: string;
  /** Undefined before any agent began. */
  readonly entry: Entry | undefined;
  readonly rollout: Rollout | undefined;
}

export async function readRollout(consul: Consul, deploy: Deploy): Promise<ReadRollout> {
  const key = keys.rollout(deploy.service, deploy.revision);
  const { found } = await consul.get(key);
  return { key, entry: found, rollout: found && parseDocument(Rollout, key, found.value) };
}

/** The document with which an instance begins a rollout. */
export const begunRollout = (instance: string, at: Date): Rollout => ({
  schema: schemaVersion,
  phase: "rolling",
  startedAt: at.toISOString(),
  coordinator: instance,
});

/**
 * Draws the conclusion from all instances' reports: `failed` with the first that failed,
 * `done` and `good` when every registered one is done. Every agent does this after its own
 * roll; since each has written its report before, the last one sees them all.
 *
 * @param concluded hears of the end, in the one agent that wrote it.
 */
export async function concludeRollout(
  consul: Consul,
  deploy: Deploy,
  instance: string,
  at: Date,
  concluded: (rollout: Rollout) => void,
): Promise<Rollout["phase"]> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const { key, entry, rollout = begunRollout(instance, at) } = await readRollout(consul, deploy);
    if (rollout.phase === "done" || rollout.phase === "failed") return rollout.phase;
    const reports = await readReports(consul, deploy);
    const phase = phaseOf(reports, await consul.serviceNodes(deploy.service, false));
    if (phase === "rolling" && entry) return phase;
    const now: Rollout =
      phase === "rolling"
        ? rollout
        : { ...rollout, phase, endedAt: at.toISOString(), coordinator: instance };
    const value = formatDocument(Rollout, key, now);
    const index = entry?.modifyIndex ?? 0;
    const operations: Operation[] = [{ verb: "cas", key, value, index }];
    if (phase === "done") operations.push(...(await goodOperations(consul, deploy)));
    if (!(await consul.write(operations))) continue;
    if (phase !== "rolling") concluded(now);
    return phase;
  }
  return "rolling";
}

async function readReports(consul: Consul, deploy: Deploy): Promise<InstanceRollout[]> {
  const { found } = await consul.list(keys.rolloutInstances(deploy.service, deploy.revision));
  return found.map(({ key, value }) => parseDocument(InstanceRollout, key, value));
}

/** What the reports of a rollout add up to. Instances that left do not hold it up. */
export function phaseOf(
  reports: readonly InstanceRollout[],
  registered: readonly string[],
): "rolling" | "done" | "failed" {
  if (reports.some(({ phase }) => phase === "failed")) return "failed";
  const done = new Set(reports.filter((r) => r.phase === "done").map((r) => r.instance));
  return done.size > 0 && registered.every((name) => done.has(name)) ? "done" : "rolling";
}

/** `good` becomes this deploy, and what was good before stays known for a rollback. */
async function goodOperations(consul: Consul, deploy: Deploy): Promise<Operation[]> {
  const key = keys.good(deploy.service);
  const { found } = await consul.get(key);
  const before = found && parseDocument(Deploy, key, found.value);
  if (before && (sameDeploy(before, deploy) || before.revision > deploy.revision)) return [];
  const operations: Operation[] = [
    {
      verb: "cas",
      key,
      value: formatDocument(Deploy, key, deploy),
      index: found?.modifyIndex ?? 0,
    },
  ];
  if (found && before && before.release.id !== deploy.release.id) {
    const previousKey = keys.previousGood(deploy.service);
    const previous = await consul.get(previousKey);
    const index = previous.found?.modifyIndex ?? 0;
    operations.push({ verb: "cas", key: previousKey, value: found.value, index });
  }
  return operations;
}
