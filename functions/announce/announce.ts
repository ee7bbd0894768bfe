import { createHash } from "node:crypto";
import type { Consul } from "../../protocol/consul.ts";
import {
  auditOperation,
  type CurrentDeploy,
  deployOperations,
  nextDeploy,
  readDeploy,
} from "../../protocol/deploys.ts";
import { keys } from "../../protocol/keys.ts";
import { Problem } from "../../protocol/problem.ts";
import { type BuiltRelease, buildOf, type ObjectHead, releaseOf, type Upload } from "./upload.ts";

export interface Announcing {
  readonly consul: Consul;
  /** Rejects where the object or this version of it is gone. */
  readonly head: (upload: Upload) => Promise<ObjectHead>;
  readonly now: () => Date;
  readonly newId: () => string;
}

export type Outcome =
  | { readonly announced: string; readonly revision: number }
  | { readonly refused: string }
  /** Delivered before; nothing to do and nothing to record. */
  | { readonly again: string };

/** Another writer may be faster this often. */
const attempts = 5;

/**
 * Turns one upload into a deploy (design §4, step 2). Order is decided by the sequence, by
 * compare-and-swap, never by arrival: S3 delivers at least once and in any order.
 *
 * @throws Problem for an upload that can never be announced; ConsulAway for one that can later.
 */
export async function announce(on: Announcing, upload: Upload): Promise<Outcome> {
  const { consul } = on;
  const build = buildOf(upload);
  const built = releaseOf(upload, build, await on.head(upload));
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const current = await readDeploy(consul, built.service);
    const hold = (await consul.get(keys.hold(built.service))).found;
    if (current.deploy?.release.versionId === built.release.versionId)
      return { again: built.release.id };
    const refused = refusal(built, current, hold !== undefined);
    if (refused !== undefined) {
      await recordRefusal(on, upload, built, refused);
      return { refused };
    }
    const deploy = nextDeploy(current.deploy, wishOf(built), on.now());
    // A rollback's hold comes in one transaction with its deploy, so the comparison sees it too.
    // One that is set alone in this very moment came after this deploy: to check that it does not
    // exist, Consul would ask for the right to write it (kvsPreApply).
    const written = await consul.write(deployOperations(current, deploy, on.newId()));
    if (written) return { announced: deploy.release.id, revision: deploy.revision };
  }
  throw new Problem({
    happened: `${built.release.id} was not announced: other writers were faster ${attempts} times`,
    unchanged: "their deploys stand",
    next: "the queue delivers it again",
  });
}

/** Why a release may not be announced now, or undefined where it may. */
function refusal(
  { service, release }: BuiltRelease,
  { deploy }: CurrentDeploy,
  isHeld: boolean,
): string | undefined {
  const newest = deploy?.newestSequence ?? 0;
  if (release.sequence === newest) return `sequence ${newest} was announced before`;
  if (release.sequence < newest) return `older than sequence ${newest}`;
  if (isHeld) return `${service} is held; lift it with: shoestring unhold ${service}`;
  return undefined;
}

function wishOf({ service, release, metadata }: BuiltRelease) {
  const { reason = "pushed", traceparent, slack } = metadata;
  return {
    service,
    kind: "release" as const,
    release,
    reason,
    by: metadata["built-by"],
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(slack === undefined ? {} : { slack }),
  };
}

/** One record a delivery: its key is made from the upload, so a second delivery adds none. */
async function recordRefusal(
  { consul }: Announcing,
  upload: Upload,
  { service, release, metadata }: BuiltRelease,
  refused: string,
): Promise<void> {
  const id = createHash("sha256").update(`${upload.key} ${release.versionId}`).digest("hex");
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
      { at: upload.at, id: id.slice(0, 12) },
    ),
  ]);
}
