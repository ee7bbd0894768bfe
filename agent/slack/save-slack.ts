import { compareAndSwap, conflict } from "../../lib/compare-and-swap.ts";
import type { Consul } from "../../lib/consul.ts";
import { Problem } from "../../lib/problem.ts";
import { type Deploy, formatDocument, parseDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { SlackReference } from "../../protocol/slack-reference.ts";

/** Others write the document too; after this many tries the next view saves the reference. */
const attempts = 5;

/**
 * Saves a message's reference in the rollout's document, by compare-and-swap.
 *
 * @throws Problem if no rollout has begun or other writers were faster; ConsulAway; ConsulDenied.
 */
export async function saveSlack(
  consul: Consul,
  { service, revision, release }: Deploy,
  slack: SlackReference,
): Promise<void> {
  const key = keys.rollout(service, revision);
  const refuse = (why: string) =>
    new Problem({
      happened: `the message of ${release.id} was not recorded: ${why}`,
      unchanged: "the rollout goes on",
      next: "nothing; it is recorded with the next change",
    });
  const result = await compareAndSwap(attempts, async () => {
    const { found } = await consul.get(key);
    if (!found) throw refuse("no instance has begun");
    const rollout = { ...parseDocument(Rollout, key, found.value), slack };
    const value = formatDocument(Rollout, key, rollout);
    return (
      (await consul.write([{ verb: "cas", key, value, index: found.modifyIndex }])) || conflict
    );
  });
  if (result === conflict) throw refuse(`others wrote ${key} faster`);
}
