import { compareAndSwap, conflict } from "../../lib/compare-and-swap.ts";
import type { Consul, Entry, Operation } from "../../lib/consul.ts";
import { parseJson } from "../../lib/json.ts";
import { Problem } from "../../lib/problem.ts";
import { Drain, formatDocument, schemaVersion } from "../../protocol/documents.ts";
import {
  isLive,
  nextRevision,
  orderOperation,
  type ReadDrain,
  readDrainOrder,
  readDrains,
} from "../../protocol/drains.ts";
import { keys } from "../../protocol/keys.ts";
import type { Command, Context } from "../core/context.ts";
import { answer } from "../core/output.ts";
import { type AuditedWrite, changedMeanwhile, offerAudited } from "../core/write-audited.ts";
import { deployedServices } from "../deploys/deployed-services.ts";

const defaultSeconds = 2 * 3600;
/** By then every instance has seen that the drain is over, whatever its clock says. */
const forgottenAfterMs = 24 * 3600 * 1000;
/** A transaction takes at most 64 operations. */
const clearedAtOnce = 32;

/** Takes an instance out of the load balancer for a while. Its processes keep running. */
export const drain: Command = {
  usage: "drain INSTANCE --reason R [--for 2h] [--force]",
  about: "take an instance out of the load balancer for a while; rollouts skip it",
  words: [1, 1],
  first: "instance",
  needsReason: "whoever finds the instance drained must know why",
  async run(context, [instance = ""], options) {
    const { consul, by } = context;
    const key = keys.drain(instance);
    const reason = options.reason as string;
    const { after, until } = await writeDrain(context, instance, async (drains, revision, at) => {
      if (!options.force) await checkCanSpare(consul, instance, liveOnes(drains, at));
      const until = new Date(at.getTime() + (options.forSeconds ?? defaultSeconds) * 1000);
      const after = formatDocument(Drain, key, {
        ...{ schema: schemaVersion, by, reason, revision },
        ...{ at: at.toISOString(), until: until.toISOString() },
      });
      return { action: "drain", reason, after, until, also: clearing(drains, instance, at) };
    });
    answer(context, options, { instance, ...(parseJson(after) as object) }, [
      `${instance} is drained until ${until.toISOString()}: ${reason}`,
    ]);
    return 0;
  },
};

/** Ends an instance's drain now. */
export const undrain: Command = {
  usage: "undrain INSTANCE [--reason R]",
  about: "let a drained instance come back before its time",
  words: [1, 1],
  first: "instance",
  async run(context, [instance = ""], options) {
    const key = keys.drain(instance);
    await writeDrain(context, instance, async (drains, revision, at) => {
      const found = drains.find((it) => it.instance === instance && isLive(it.drain, at));
      if (!found) throw notDrained(instance, liveOnes(drains, at));
      // Sets its end to now. Deleting it would not work: agents ignore a missing document
      // (docs/decisions/0019).
      const now = at.toISOString();
      const ended = { ...found.drain, until: now, changedAt: now, revision };
      const after = formatDocument(Drain, key, ended);
      return { action: "undrain", reason: options.reason ?? "undrained by hand", after };
    });
    answer(context, options, { instance, drained: false }, [`${instance} is no longer drained`]);
    return 0;
  },
};

/** A command's decision, based on the existing drains. */
type Decided = Pick<AuditedWrite, "action" | "reason" | "also"> & { readonly after: string };

const attempts = 3;

/**
 * Writes one instance's drain, decided from all of them. If another instance's drain is written
 * meanwhile, it decides again.
 *
 * @throws Problem where somebody else wrote this instance's drain, or what `decide` throws.
 */
async function writeDrain<D extends Decided>(
  context: Context,
  instance: string,
  decide: (drains: readonly ReadDrain[], revision: number, at: Date) => Promise<D>,
): Promise<D> {
  const key = keys.drain(instance);
  let before: Entry | undefined;
  const written = await compareAndSwap(attempts, async (attempt) => {
    const at = context.now();
    const order = await readDrainOrder(context.consul);
    const drains = await readDrains(context.consul);
    const mine = drains.find((it) => it.instance === instance)?.entry;
    if (attempt === 1) before = mine;
    const revision = nextRevision(order, drains);
    const decided = await decide(drains, revision, at);
    if (mine?.modifyIndex !== before?.modifyIndex) throw changedMeanwhile({ key });
    const also = [orderOperation(order, revision), ...(decided.also ?? [])];
    return (await offerAudited(context, { ...decided, key, before, at, also }))
      ? decided
      : conflict;
  });
  if (written === conflict) throw changedMeanwhile({ key });
  return written;
}

const liveOnes = (drains: readonly ReadDrain[], at: Date) =>
  new Set(drains.filter((it) => isLive(it.drain, at)).map(({ instance }) => instance));

/** Removes long-expired drains, so that the list stays short when instances come and go. */
function clearing(drains: readonly ReadDrain[], instance: string, at: Date): Operation[] {
  return drains
    .filter((it) => it.instance !== instance)
    .filter(({ drain: { until } }) => Date.parse(until) < at.getTime() - forgottenAfterMs)
    .slice(0, clearedAtOnce)
    .map(({ entry: { key, modifyIndex } }) => ({ verb: "delete-cas", key, index: modifyIndex }));
}

/**
 * Checks that each service of the instance keeps at least half of its instances healthy.
 *
 * @throws Problem where one would not, or the instance runs no deployed service.
 */
async function checkCanSpare(
  consul: Consul,
  instance: string,
  drained: ReadonlySet<string>,
): Promise<void> {
  const all = await Promise.all(
    (await deployedServices(consul)).map(async (service) => {
      const instances = await consul.serviceInstances(service);
      const registered = instances.map(({ name }) => name);
      const healthy = instances.filter((it) => it.isHealthy).map(({ name }) => name);
      return { service, registered, healthy };
    }),
  );
  const concerned = all.filter(({ registered }) => registered.includes(instance));
  if (concerned.length === 0)
    throw unknownInstance(
      instance,
      all.flatMap((it) => it.registered),
    );
  for (const { service, registered, healthy } of concerned) {
    const left = healthy.filter((name) => name !== instance && !drained.has(name));
    const least = Math.ceil(registered.length / 2);
    if (left.length < least) throw tooFew(instance, service, left.length, least, registered.length);
  }
}

const tooFew = (instance: string, service: string, left: number, least: number, of: number) =>
  new Problem({
    happened: `without ${instance}, ${service} would have ${left} of ${of} instances healthy, and needs ${least}`,
    unchanged: `${instance} stays in the load balancer`,
    next: `bring others back first (shoestring status ${service}), add an instance, or drain it all the same with --force`,
  });

const unknownInstance = (instance: string, known: readonly string[]) =>
  new Problem({
    happened: `no deployed service is registered on ${instance}`,
    unchanged: "nothing was written",
    next: `name one of: ${[...new Set(known)].sort().join(", ") || "none is registered"}`,
  });

const notDrained = (instance: string, drained: ReadonlySet<string>) =>
  new Problem({
    happened: `${instance} is not drained`,
    unchanged: "nothing was written",
    next: `drained now: ${[...drained].sort().join(", ") || "no instance"}. Where ${instance} gets no requests all the same, Consul was restored from before its drain: shoestring drain ${instance} --reason restored --force, then shoestring undrain ${instance}`,
  });
