import { createHash, randomUUID } from "node:crypto";
import type { z } from "zod";
import type { Consul, Entry, Operation } from "../lib/consul.ts";
import {
  Audit,
  Deploy,
  DocumentUnusable,
  formatDocument,
  Hold,
  parseDocument,
  schemaVersion,
} from "./documents.ts";
import { parseHold } from "./holds.ts";
import { keys } from "./keys.ts";
import { parseArtifactKey } from "./releases.ts";
import { ownTraceparent } from "./traceparent.ts";

/** A writer's request for a service, before it has a revision. */
export type DesiredDeploy = Pick<Deploy, "service" | "kind" | "release" | "reason" | "by"> &
  Partial<Pick<Deploy, "traceparent" | "steps" | "acceptShrunkConfig" | "slack" | "leaves">>;

/** The author of an agent's own deploys: rollbacks after a failure, which no person asked for. */
export const byAgent = (instance: string) => `agent of ${instance}`;

export const isByAgent = ({ by }: Pick<Deploy, "by">) => by.startsWith(byAgent(""));

/**
 * Whether a deploy may be rolled back to a release: neither the one that it runs, nor the one that
 * a person left with it.
 */
export const isWayBack = ({ release, leaves }: Deploy, { id }: Deploy["release"]): boolean =>
  id !== release.id && id !== leaves;

/** The deploy that follows the previous one; it begins a trace if no build did. */
export function nextDeploy(previous: Deploy | undefined, desired: DesiredDeploy, at: Date): Deploy {
  const deploy: Deploy = {
    schema: schemaVersion,
    ...desired,
    revision: (previous?.revision ?? 0) + 1,
    epoch: previous ? previous.epoch : randomUUID(),
    newestSequence: Math.max(previous?.newestSequence ?? 0, desired.release.sequence),
    at: at.toISOString(),
  };
  return { ...deploy, traceparent: deploy.traceparent ?? ownTraceparent(deploy) };
}

/** The time and id that make up the key of an audit record. */
export interface AuditPlace {
  readonly at: Date;
  readonly id: string;
}

/** The operation that records who did what, for the transaction that does it. */
export function auditOperation(
  record: Pick<Audit, "by" | "action" | "key" | "reason" | "refused">,
  texts: { readonly before?: string | undefined; readonly after?: string | undefined },
  { at, id }: AuditPlace,
): Operation {
  const key = keys.audit(at, id);
  const value = formatDocument(Audit, key, {
    schema: schemaVersion,
    at: at.toISOString(),
    ...record,
    ...(texts.before === undefined ? {} : { before: sha256(texts.before) }),
    ...(texts.after === undefined ? {} : { after: sha256(texts.after) }),
  });
  return { verb: "cas", key, value, index: 0 };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** A service's deploy with the entry it was read from; both undefined before the first one. */
export interface CurrentDeploy {
  readonly entry: Entry | undefined;
  readonly deploy: Deploy | undefined;
}

/**
 * Reads a deploy of this service. A deploy of another service would run the wrong release and write
 * the wrong records.
 *
 * @param revision the one that the key names, if it does.
 * @throws DocumentUnusable
 */
export function parseDeploy(
  service: string,
  { key, value }: Pick<Entry, "key" | "value">,
  revision?: number,
): Deploy {
  const deploy = parseDocument(Deploy, key, value);
  const why = mismatch(deploy, service) ?? wrongRevision(deploy, revision);
  if (why !== undefined) throw new DocumentUnusable(key, why);
  return deploy;
}

function mismatch({ service, release: { id, url } }: Deploy, expected: string) {
  if (service !== expected) return `it is a deploy of ${service}`;
  // No service's name ends with a build's number and commit.
  if (!new RegExp(`^${expected}-[0-9]+-[0-9a-f]{7}$`).test(id)) return `its release is ${id}`;
  // A person may have put the archive under a key that names no service.
  const build = parseArtifactKey(url.replace(/^s3:\/\/[^/]+\//, ""));
  return build && build.service !== expected ? `its archive is ${url}` : undefined;
}

const wrongRevision = (deploy: Deploy, revision = deploy.revision) =>
  deploy.revision === revision ? undefined : `it is of revision ${deploy.revision}`;

/**
 * Reads `deploys/<service>`.
 *
 * @throws DocumentUnusable; ConsulAway; ConsulDenied.
 */
export async function readDeploy(consul: Consul, service: string): Promise<CurrentDeploy> {
  const key = keys.deploy(service);
  const { found } = await consul.get(key);
  return { entry: found, deploy: found && parseDeploy(service, found) };
}

/**
 * Operations that write a deploy over exactly the one that was read, and record it.
 *
 * @param at with `id`, the key of the audit record
 */
export function deployOperations(
  current: CurrentDeploy,
  deploy: Deploy,
  id: string,
  at = new Date(deploy.at),
): readonly Operation[] {
  const key = keys.deploy(deploy.service);
  const value = formatDocument(Deploy, key, deploy as z.input<typeof Deploy>);
  return [
    { verb: "cas", key, value, index: current.entry?.modifyIndex ?? 0 },
    // After a restored snapshot a revision is given a second time. Agents may have written
    // meanwhile that the first one ended, which would end this one.
    { verb: "delete", key: keys.rollout(deploy.service, deploy.revision) },
    { verb: "delete-tree", key: `${keys.rollout(deploy.service, deploy.revision)}/` },
    { verb: "set", key: keys.rolloutDeploy(deploy.service, deploy.revision), value },
    auditOperation(
      { by: deploy.by, action: `deploy ${deploy.kind}`, key, reason: deploy.reason },
      { before: current.entry?.value, after: value },
      { at, id },
    ),
  ];
}

/**
 * Operations that hold a service, for the transaction that causes the hold. An existing hold stays
 * as it is, but an agent's gives way to a person's: its reason is about another release.
 *
 * @throws ConsulAway; ConsulDenied.
 */
export async function holdOperations(
  consul: Consul,
  service: string,
  { by, reason, at }: Pick<Hold, "by" | "reason" | "at">,
): Promise<readonly Operation[]> {
  const key = keys.hold(service);
  const { found } = await consul.get(key);
  const isKept = found && (!isByAgent(parseHold(found)) || isByAgent({ by }));
  if (isKept) return [{ verb: "check-index", key, index: found.modifyIndex }];
  const value = formatDocument(Hold, key, { schema: schemaVersion, by, reason, at });
  return [{ verb: "cas", key, value, index: found?.modifyIndex ?? 0 }];
}
