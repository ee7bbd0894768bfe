import { createHash } from "node:crypto";
import { type Conflict, compareAndSwap, conflict } from "../../lib/compare-and-swap.ts";
import type { Consul } from "../../lib/consul.ts";
import { Problem } from "../../lib/problem.ts";
import {
  type AuditPlace,
  auditOperation,
  type CurrentDeploy,
  deployOperations,
  nextDeploy,
  readDeploy,
} from "../../protocol/deploys.ts";
import { keys } from "../../protocol/keys.ts";
import { announceSpan, stepsBefore, type Tracing, traceparentOf } from "./trace.ts";
import { type BuiltRelease, buildOf, type ObjectHead, releaseOf, type Upload } from "./upload.ts";

export interface AnnounceDeps {
  readonly consul: Consul;
  /** Rejects if the object or this version of it is gone. */
  readonly head: (upload: Upload) => Promise<ObjectHead>;
  readonly now: () => Date;
  /** @default no spans are sent */
  readonly tracing?: Tracing | undefined;
}

export type Outcome =
  | { readonly announced: string; readonly revision: number }
  | { readonly refused: string }
  /** Delivered before; there is nothing to do or record. */
  | { readonly again: string };

/** How often another writer may be faster. */
const attempts = 5;

/**
 * Turns one upload into a deploy. The sequence decides the order, by compare-and-swap, and never
 * the arrival: S3 delivers at least once and in any order.
 *
 * @throws Problem for an upload that can never be announced; ConsulAway for one that can be later.
 */
export async function announce(deps: AnnounceDeps, upload: Upload): Promise<Outcome> {
  const build = buildOf(upload);
  const built = releaseOf(upload, build, await deps.head(upload));
  const outcome = await compareAndSwap(attempts, () => offer(deps, upload, built));
  if (outcome !== conflict) return outcome;
  throw new Problem({
    happened: `${built.release.id} was not announced: other writers were faster ${attempts} times`,
    unchanged: "their deploys stand",
    next: "the queue delivers it again",
  });
}

/** Decides from the current deploy, and writes the new deploy or the refusal. */
async function offer(
  deps: AnnounceDeps,
  upload: Upload,
  built: BuiltRelease,
): Promise<Outcome | Conflict> {
  const { consul, tracing } = deps;
  const { service, release } = built;
  const record = recordOf(built);
  const [current, decision] = await Promise.all([
    readDeploy(consul, service),
    consul.get(keys.audit(record.at, record.id)),
  ]);
  // Read after the deploy: this read or the comparison notices a rollback's hold in between.
  const hold = (await consul.get(keys.hold(service))).found;
  // A refusal is final: lifting a hold lets no former upload in.
  if (decision.found) return { again: release.id };
  if (current.deploy?.release.versionId === release.versionId) return { again: release.id };
  const refused = refusal(built, current, hold !== undefined);
  if (refused !== undefined) {
    await recordRefusal(consul, built, refused, record);
    tracing?.addSpan(announceSpan(tracing, upload, built, deps.now(), refused));
    return { refused };
  }
  const now = deps.now();
  const deploy = nextDeploy(current.deploy, wishOf(deps, upload, built, now), now);
  // The comparison also notices a rollback's hold, because it is written in one transaction with
  // its deploy. A hold that is set alone at this very moment came after this deploy: to check
  // that it does not exist, Consul would require the right to write it (kvsPreApply).
  const written = await consul.write(deployOperations(current, deploy, record.id, record.at));
  if (!written) return conflict;
  tracing?.addSpan(announceSpan(tracing, upload, built, now));
  return { announced: release.id, revision: deploy.revision };
}

/** Why a release may not be announced now; undefined if it may. */
function refusal(
  { service, release }: BuiltRelease,
  { deploy }: CurrentDeploy,
  isHeld: boolean,
): string | undefined {
  const newest = deploy?.newestSequence ?? 0;
  if (release.sequence === newest) return `sequence ${newest} was announced before`;
  if (release.sequence < newest) return `older than sequence ${newest}`;
  if (isHeld)
    return `${service} is held; when the cause is gone: shoestring unhold ${service}; then: shoestring deploy ${service} ${release.id}`;
  return undefined;
}

function wishOf({ tracing }: AnnounceDeps, upload: Upload, built: BuiltRelease, now: Date) {
  const { service, release, metadata } = built;
  const { reason = "pushed", slack } = metadata;
  const traceparent = traceparentOf(tracing, built);
  return {
    service,
    kind: "release" as const,
    release,
    reason,
    by: metadata["built-by"],
    steps: stepsBefore(built, upload.at, now),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(slack === undefined ? {} : { slack }),
  };
}

/**
 * The audit place of the decision on an upload. Its key depends only on the object's version, not
 * on the event, and is only ever created, in the transaction of the decision: a second delivery
 * decides nothing.
 */
function recordOf({ release, uploadedAt }: BuiltRelease): AuditPlace {
  const id = createHash("sha256").update(`${release.url} ${release.versionId}`).digest("hex");
  return { at: uploadedAt, id: id.slice(0, 12) };
}

async function recordRefusal(
  consul: Consul,
  { service, metadata }: BuiltRelease,
  refused: string,
  record: AuditPlace,
): Promise<void> {
  await consul.write([
    auditOperation(
      {
        by: metadata["built-by"],
        action: "announce",
        key: keys.deploy(service),
        reason: metadata.reason ?? "pushed",
        refused,
      },
      {},
      record,
    ),
  ]);
}
