import { ArtifactMetadata } from "../../protocol/artifact.ts";
import { Deploy, parseDocument, type Release } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { Problem } from "../../protocol/problem.ts";
import { releaseId } from "../../protocol/releases.ts";
import { answerDeploy } from "../answer.ts";
import { builds } from "../artifacts.ts";
import type { Command, Context } from "../context.ts";
import { writeDeploy } from "../write-deploy.ts";

/** Deploys a build that is in the bucket: the newest, or one by its id. */
export const deploy: Command = {
  usage: "deploy S [RELEASE-ID] [--reason R] [--wait]",
  about: "deploy a release that was uploaded before; the newest by default",
  words: [1, 2],
  async run(context, [service = "", id], options) {
    const { consul } = context;
    const written = await writeDeploy(context, service, async () => {
      const hold = (await consul.get(keys.hold(service))).found;
      if (hold) throw held(service, hold.value);
      const release = await findRelease(context, service, id);
      return {
        wish: { service, kind: "release", release, reason: options.reason ?? "deployed by hand" },
        also: [{ verb: "check-not-exists", key: keys.hold(service) }],
      };
    });
    return answerDeploy(context, options, written);
  },
};

/**
 * A release by its id: as a former deploy had it, else as it lies in the bucket.
 *
 * @param id @default the newest in the bucket
 */
export async function findRelease(
  { consul, artifacts }: Context,
  service: string,
  id: string | undefined,
): Promise<Release> {
  const { found } = await consul.list(keys.rollouts(service));
  const former = found
    .filter(({ key }) => key.endsWith("/deploy"))
    .map(({ key, value }) => parseDocument(Deploy, key, value).release)
    .find((release) => release.id === id);
  if (former) return former;
  const build = (await builds(artifacts, service)).find(
    (b) => id === undefined || releaseId(b) === id,
  );
  const head = build && (await artifacts.head(build.key));
  if (!build || !head) throw unknown(service, id);
  const { sha256, size, sequence, commit } = ArtifactMetadata.parse(head.metadata);
  const url = `s3://${artifacts.bucket}/${build.key}`;
  return { id: releaseId(build), sequence, url, versionId: head.versionId, sha256, size, commit };
}

const unknown = (service: string, id: string | undefined) =>
  new Problem({
    happened: id ? `there is no release ${id} of ${service}` : `there is no release of ${service}`,
    unchanged: "nothing was deployed",
    next: `see what there is: shoestring history ${service}`,
  });

function held(service: string, text: string): Problem {
  const { by, reason } = JSON.parse(text) as { by?: string; reason?: string };
  return new Problem({
    happened: `${service} is held by ${by}: ${reason}`,
    unchanged: "nothing was deployed",
    next: `lift it with: shoestring unhold ${service}`,
  });
}
