import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { readDeploy } from "../../protocol/deploys.ts";
import { Deploy, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { Problem } from "../../protocol/problem.ts";
import { artifactKey, type ReleaseName, releaseId } from "../../protocol/releases.ts";
import { type SlackReference, slackMetadata } from "../../protocol/slack/reference.ts";
import { answer } from "../answer.ts";
import { builds } from "../artifacts.ts";
import type { Command, Context, Options } from "../context.ts";
import { deadlineIn, follow, unlessAway, waitFor } from "../follow.ts";
import { type Packed, pack } from "../pack.ts";
import { held } from "./deploy.ts";

/** Builds the archive of a folder and uploads it, as a service's workflow would. */
export const releasePush: Command = {
  usage:
    "release push DIR --service S [--sequence N] [--commit HEX] [--reason R] [--by WHO] [--wait]",
  about: "pack a folder as a release and upload it",
  words: [1, 1],
  async run(context, [folder = "."], options) {
    const { artifacts, by } = context;
    const service = options.service as string;
    checkMetadata("--reason", options.reason ?? "", 500);
    checkMetadata("--by", by, 200);
    const packed = await pack(folder);
    const commit = options.commit ?? (await commitOf(folder)) ?? packed.sha256.slice(0, 40);
    const sequence = options.sequence ?? (await nextSequence(context, service));
    const build = { service, sequence, commit };
    const key = artifactKey(build);
    const versionId = await toldInSlack(context, build, options, (slack) =>
      artifacts.put(key, packed.archive, metadataOf(context, packed, build, options, slack)),
    );
    const url = `s3://${artifacts.bucket}/${key}`;
    const id = releaseId(build);
    answer(context, options, { id, url, ...build }, [`${id} is uploaded to ${url}`]);
    if (!options.wait) return 0;
    return follow(context, await announced(context, { ...build, versionId }, options), options);
  },
};

/** Uploads with the reference of a message that says so; one that fails is told as well. */
async function toldInSlack<T>(
  { cluster, by, repository, tellBuild }: Context,
  build: ReleaseName,
  { reason = "pushed" }: Options,
  upload: (slack: SlackReference | undefined) => Promise<T>,
): Promise<T> {
  const told = { ...build, cluster, by, reason, repository };
  const slack = await tellBuild(told, "uploading");
  try {
    return await upload(slack);
  } catch (error) {
    await tellBuild(told, "failed", slack);
    throw error;
  }
}

function metadataOf(
  { by, repository }: Context,
  { archive, sha256 }: Packed,
  { sequence, commit }: ReleaseName,
  { reason }: Options,
  slack: SlackReference | undefined,
): Record<string, string> {
  return {
    sha256,
    size: String(archive.length),
    commit,
    sequence: String(sequence),
    "built-by": by,
    ...(reason === undefined ? {} : { reason }),
    ...(repository === undefined ? {} : { repository }),
    ...(slack === undefined ? {} : { slack: slackMetadata(slack) }),
  };
}

async function nextSequence({ consul, artifacts }: Context, service: string): Promise<number> {
  const { deploy } = await readDeploy(consul, service);
  const uploaded = (await builds(artifacts, service))[0]?.sequence ?? 0;
  return Math.max(deploy?.newestSequence ?? 0, uploaded) + 1;
}

/** S3 carries metadata in headers, which take no more than this; it would come back mangled. */
function checkMetadata(option: string, text: string, longest: number): void {
  if (/^[\x20-\x7e]*$/.test(text) && text.length <= longest) return;
  throw new Problem({
    happened: `${option} cannot go with the upload: "${text}" is not up to ${longest} ASCII characters on one line`,
    unchanged: "nothing was uploaded",
    next: `write ${option} in plain letters`,
  });
}

/**
 * Waits for the function that turns the upload into a deploy.
 *
 * @throws Problem where it refuses: a newer build was announced, or the service is held.
 */
async function announced(
  context: Context,
  build: ReleaseName & { readonly versionId: string | undefined },
  options: Options,
): Promise<Deploy> {
  const { consul } = context;
  const { service, sequence, versionId } = build;
  const { timeoutSeconds } = options;
  const secondsLeft = deadlineIn(context, timeoutSeconds);
  let index = 0;
  for (;;) {
    const waitSeconds = waitFor(secondsLeft());
    const read = await unlessAway(() => consul.get(keys.deploy(service), { index, waitSeconds }));
    index = read?.index ?? 0;
    const deploy = read?.found && parseDocument(Deploy, read.found.key, read.found.value);
    // By the version: a second upload of a build is another object, and is refused.
    if (deploy && deploy.release.versionId === versionId) return deploy;
    if (deploy && deploy.newestSequence >= sequence) throw passedOver(build, deploy);
    const hold = (await unlessAway(() => consul.get(keys.hold(service))))?.found;
    if (hold) throw held(service, hold.value);
    if (secondsLeft() <= 0) throw notAnnounced(build, timeoutSeconds);
  }
}

async function commitOf(folder: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("git", ["-C", folder, "rev-parse", "HEAD"]);
    return stdout.trim();
  } catch {
    return undefined;
  }
}

const passedOver = (build: ReleaseName, { newestSequence, release }: Deploy) =>
  new Problem({
    happened: `${releaseId(build)} is not what ${build.service} is to run: build ${newestSequence} was announced, ${release.id} is deployed`,
    unchanged: `the upload stays in the bucket; the deploy of ${release.id} stands`,
    next: `deploy it all the same with: shoestring deploy ${build.service} ${releaseId(build)}`,
  });

const notAnnounced = (build: ReleaseName, seconds: number) =>
  new Problem({
    happened: `${releaseId(build)} was uploaded, but not announced within ${seconds} s`,
    unchanged: "the service runs what it ran",
    next: "read the log of the announce function and its dead-letter queue",
  });
