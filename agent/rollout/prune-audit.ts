import type { Consul, Operation } from "../../lib/consul.ts";
import { auditOperation, byAgent } from "../../protocol/deploys.ts";
import { keys } from "../../protocol/keys.ts";
import type { Log } from "../core/effects.ts";

/** How long a record of the audit stays in KV. Longer than S3 and SQS repeat any event. */
export const keptAuditDays = 90;

const dayMs = 24 * 3600 * 1000;

/**
 * Leaves room for the lock's fence and the record within Consul's 64 operations in a transaction.
 */
const recordsPerTransaction = 60;
/** Each rollout's end deletes only a part of a long audit, so that it is not busy for long. */
const transactionsAtOnce = 20;

/**
 * Deletes old audit records, the oldest first, in transactions that prove the lock. Each
 * transaction adds a record of its own: how many it deleted, and up to when.
 *
 * @param lock fence: the coordinator's lock is still held.
 * @throws ConsulAway, ConsulDenied.
 */
export async function pruneAudit(
  { consul, instance, now, log, deployedAt }: PruneContext,
  lock: Operation,
): Promise<void> {
  const names = (await consul.names(keys.audits())).sort();
  const old = oldRecords(names, new Date(Math.min(now().getTime(), deployedAt.getTime())));
  const most = recordsPerTransaction * transactionsAtOnce;
  for (let from = 0; from < Math.min(old.length, most); from += recordsPerTransaction) {
    const page = old.slice(from, from + recordsPerTransaction);
    const upTo = timeOf(page.at(-1) as string);
    const record = auditOperation(
      {
        ...{ by: byAgent(instance), action: "audit prune", key: keys.audits() },
        reason: `${page.length} records up to ${upTo} are older than ${keptAuditDays} days`,
      },
      {},
      { at: now(), id: `prune-${from}-${instance}` },
    );
    const deletions = page.map(
      (name): Operation => ({ verb: "delete", key: `${keys.audits()}${name}` }),
    );
    if (!(await consul.write([lock, record, ...deletions]))) return;
    log("audit.pruned", { records: page.length, upTo });
  }
}

export interface PruneContext {
  readonly consul: Consul;
  readonly instance: string;
  readonly now: () => Date;
  /** When the ended deploy was written, by another machine's clock. */
  readonly deployedAt: Date;
  readonly log: Log;
}

/**
 * A record must also be old compared to the newest one, so that a clock ahead does not empty the
 * audit.
 */
function oldRecords(names: readonly string[], now: Date): string[] {
  // A name without a time was written by hand, and stays.
  const records = names.filter((name) => beginsWithTime.test(name));
  const newest = Date.parse(timeOf(records.at(-1) ?? now.toISOString()));
  const oldest = new Date(Math.min(now.getTime(), newest) - keptAuditDays * dayMs).toISOString();
  return records.filter((name) => timeOf(name) < oldest);
}

const beginsWithTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z-/;
const timeOf = (name: string) => name.slice(0, "2026-01-01T00:00:00.000Z".length);
