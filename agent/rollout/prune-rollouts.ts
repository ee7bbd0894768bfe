import type { Consul, Operation } from "../../lib/consul.ts";
import { parseDeploy } from "../../protocol/deploys.ts";
import { keys } from "../../protocol/keys.ts";

/** The newest rollouts of a service that stay in KV, and so in `history`. */
export const keptRollouts = 50;

/** Two operations each, and the fences, stay below Consul's 64 operations in a transaction. */
const rolloutsPerTransaction = 25;

/**
 * Deletes the oldest rollouts of a service from KV, with their deploys and reports. The rollouts of
 * the current deploy, of the last known good one, and of the one before that stay, however old.
 * Each transaction proves the lock and that these three are unchanged. If Consul refuses one,
 * another writer was faster, and the end of the next rollout deletes the rest.
 *
 * @param lock fence: the coordinator's lock is still held.
 * @throws ConsulAway, ConsulDenied, DocumentUnusable: all three must be known.
 */
export async function pruneRollouts(
  consul: Consul,
  service: string,
  lock: Operation,
): Promise<void> {
  const needed = [keys.deploy(service), keys.good(service), keys.previousGood(service)];
  const [names, ...read] = await Promise.all([
    consul.names(keys.rollouts(service)),
    ...needed.map((key) => consul.get(key)),
  ]);
  const deploys = read.flatMap(({ found }) => (found ? [parseDeploy(service, found)] : []));
  const old = oldRollouts(
    names.map(Number),
    deploys.map((it) => it.revision),
  );
  const unchanged = read.map(
    ({ found }, i): Operation =>
      found
        ? { verb: "check-index", key: found.key, index: found.modifyIndex }
        : { verb: "check-not-exists", key: needed[i] as string },
  );
  for (let from = 0; from < old.length; from += rolloutsPerTransaction) {
    const deletions = old
      .slice(from, from + rolloutsPerTransaction)
      .map((revision) => keys.rollout(service, revision))
      .flatMap((key): Operation[] => [
        // The slash matters: without it, revision 1 would take 10 to 19 along.
        { verb: "delete-tree", key: `${key}/` },
        { verb: "delete", key },
      ]);
    if (!(await consul.write([lock, ...unchanged, ...deletions]))) return;
  }
}

/** The rollouts to delete, the oldest first. */
function oldRollouts(
  revisions: readonly number[],
  needed: readonly number[],
  kept = keptRollouts,
): number[] {
  const newestFirst = revisions.filter(Number.isSafeInteger).sort((a, b) => b - a);
  return newestFirst
    .slice(kept)
    .filter((revision) => !needed.includes(revision))
    .reverse();
}
