import * as z from "zod";
import type { Entry } from "../../lib/consul.ts";
import { Problem } from "../../lib/problem.ts";
import { ArtifactMetadata } from "../../protocol/artifact.ts";
import type { Release } from "../../protocol/documents.ts";
import { pastDeploys } from "../../protocol/history.ts";
import { parseHold } from "../../protocol/holds.ts";
import { keys } from "../../protocol/keys.ts";
import { type ReleaseName, releaseId } from "../../protocol/releases.ts";
import type { Command, Context } from "../core/context.ts";
import { answerDeploy } from "../deploys/answer-deploy.ts";
import { refuseUnknown } from "../deploys/known-service.ts";
import { writeDeploy } from "../deploys/write-deploy.ts";
import { type ArtifactHead, builds } from "../releases/artifacts.ts";

/** Deploys a build that is in the bucket: the newest, or one by its id. */
export const deploy: Command = {
  usage: "deploy S [RELEASE-ID] [--reason R] [--wait [serving] [--timeout SECONDS]]",
  about: "deploy a release that was uploaded before; the newest by default",
  words: [1, 2],
  async run(context, [service = "", id], options) {
    const { consul } = context;
    const written = await writeDeploy(context, service, async () => {
      const hold = (await consul.get(keys.hold(service))).found;
      if (hold) throw held(service, hold, id);
      const release = await findRelease(context, service, id);
      return {
        desired: {
          service,
          kind: "release",
          release,
          reason: options.reason ?? "deployed by hand",
        },
        also: [{ verb: "check-not-exists", key: keys.hold(service) }],
      };
    });
    return answerDeploy(context, options, written);
  },
};

/**
 * Finds a release by its id: from a former deploy, else from the bucket.
 *
 * @param id @default the newest in the bucket
 */
export async function findRelease(
  context: Context,
  service: string,
  id: string | undefined,
): Promise<Release> {
  const { consul, artifacts } = context;
  const { found } = await consul.list(keys.rollouts(service));
  const former = pastDeploys(service, found)
    .usable.map(({ release }) => release)
    .find((release) => release.id === id);
  if (former) return former;
  const build = (await builds(artifacts, service)).find(
    (b) => id === undefined || releaseId(b) === id,
  );
  const head = build && (await artifacts.head(build.key));
  if (!build || !head) {
    await refuseUnknown(context, service);
    throw unknown(service, id);
  }
  return releaseIn(`s3://${artifacts.bucket}/${build.key}`, build, head);
}

/** Applies the checks that an instance will make; a build that cannot pass is refused here. */
function releaseIn(url: string, build: ReleaseName, head: ArtifactHead): Release {
  const metadata = ArtifactMetadata.safeParse(head.metadata);
  if (!metadata.success) throw unusable(url, z.prettifyError(metadata.error));
  const { sha256, size, sequence, commit } = metadata.data;
  if (sequence !== build.sequence || commit !== build.commit) {
    throw unusable(url, `its metadata names build ${sequence} of ${commit}`);
  }
  if (size !== head.size) {
    throw unusable(url, `it has ${head.size} bytes, its metadata says ${size}`);
  }
  const { versionId } = head;
  if (versionId === undefined) throw unusable(url, "its bucket keeps no versions");
  return { id: releaseId(build), sequence, url, versionId, sha256, size, commit };
}

const unusable = (url: string, why: string) =>
  new Problem({
    happened: `${url} is no release that can be deployed: ${why}`,
    unchanged: "nothing was deployed",
    next: "upload it again with: shoestring release push",
  });

const unknown = (service: string, id: string | undefined) =>
  new Problem({
    happened: id ? `there is no release ${id} of ${service}` : `there is no release of ${service}`,
    unchanged: "nothing was deployed",
    next: `see what there is: shoestring history ${service}`,
  });

/**
 * While a service is held, no release is deployed, and the end of the hold deploys none by itself.
 *
 * @param id the release that was to be deployed. @default the newest in the bucket
 */
export function held(service: string, hold: Entry, id?: string): Problem {
  const { by, reason } = parseHold(hold);
  return new Problem({
    happened: `${service} is held by ${by}: ${reason}`,
    unchanged: "nothing was deployed",
    next: `when the cause is gone: shoestring unhold ${service}; then: shoestring deploy ${[service, id].join(" ").trim()}`,
  });
}
