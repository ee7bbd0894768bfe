import { happening, Problem } from "../../lib/problem.ts";
import { parseDeploy, readDeploy } from "../../protocol/deploys.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { artifactKey, type ReleaseName, releaseId } from "../../protocol/releases.ts";
import { type SlackReference, slackMetadata } from "../../protocol/slack-reference.ts";
import { parseEach } from "../../protocol/unusable.ts";
import { type Build, build } from "../core/build.ts";
import type { Command, Context, Options } from "../core/context.ts";
import { answer } from "../core/output.ts";
import { deadlineIn, follow, unlessAway, waitFor } from "../deploys/follow.ts";
import { refuseUnknown } from "../deploys/known-service.ts";
import { builds } from "../releases/artifacts.ts";
import { upload } from "../releases/upload.ts";
import { pushSpans, traceMetadata } from "../trace/build-trace.ts";
import { held } from "./deploy.ts";

/** Builds the archive of a folder and uploads it, as a service's workflow would. */
export const releasePush: Command = {
  usage:
    "release push DIR --service S [--sequence N] [--commit HEX] [--reason R] [--by WHO] [--build-started TIME] [--wait [serving] [--timeout SECONDS]]",
  about: "pack a folder as a release and upload it",
  words: [1, 1],
  first: "folder",
  async run(context, [folder = "."], options) {
    const { artifacts, by, cluster, now, tracing } = context;
    const buildStarted = options.buildStarted ?? now();
    const service = options.service as string;
    checkMetadata("--reason", options.reason ?? "", 500);
    checkMetadata("--by", by, 200);
    // A workflow passes its sequence and cannot reach Consul; its role limits it to its own
    // service.
    if (options.sequence === undefined) {
      await refuseUnknown(context, service, "nothing was uploaded");
    }
    const built = await build(folder, options);
    const sequence = options.sequence ?? (await nextSequence(context, service));
    const name = { service, sequence, commit: built.commit };
    const isSampled = tracing.exportSpans !== undefined;
    const { traceparent } = tracing;
    const pushed = {
      cluster,
      build: name,
      buildStarted,
      uploadStarted: now(),
      traceparent,
      isSampled,
    };
    const exportTrace = (error?: string) => tracing.exportSpans?.(pushSpans(pushed, now(), error));
    const put = (slack: SlackReference | undefined) =>
      upload(artifacts, name, built.archive, {
        ...metadataOf(context, built, sequence, options, slack),
        ...traceMetadata(pushed),
      });
    const isNew = await withSlackMessage(context, name, options, put).catch(async (error) => {
      await exportTrace(happening(error));
      throw error;
    });
    const traceExport = exportTrace();
    const url = `s3://${artifacts.bucket}/${artifactKey(name)}`;
    const id = releaseId(name);
    const uploaded = { ...(options.wait ? { event: "upload" } : {}), id, url, ...name };
    answer(context, options, uploaded, [
      isNew ? `${id} is uploaded to ${url}` : `${id} was uploaded before, with the same content`,
    ]);
    if (options.wait) {
      return follow(context, await announced(context, name, url, options), options);
    }
    if (options.sequence === undefined) await tellOfHold(context, service, id);
    await traceExport;
    return 0;
  },
};

/**
 * Shows the upload in a Slack message and passes on its reference. The message also reports an
 * upload that failed, and one that was not needed: it would wait for a rollout that never comes.
 */
async function withSlackMessage(
  { cluster, by, repository, notifyBuild }: Context,
  name: ReleaseName,
  { reason = "pushed" }: Options,
  upload: (slack: SlackReference | undefined) => Promise<boolean>,
): Promise<boolean> {
  const build = { ...name, cluster, by, reason, repository };
  const slack = await notifyBuild(build, "uploading");
  try {
    const isNew = await upload(slack);
    if (!isNew) await notifyBuild(build, "known", slack);
    return isNew;
  } catch (error) {
    await notifyBuild(build, "failed", slack);
    throw error;
  }
}

function metadataOf(
  { by, repository }: Context,
  { archive, sha256, commit }: Build,
  sequence: number,
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

/** The announce function refuses an upload of a held service: nobody else would tell who pushed it. */
async function tellOfHold({ consul, say }: Context, service: string, id: string): Promise<void> {
  const { found } = await consul.get(keys.hold(service));
  if (!found) return;
  const { happened, next } = held(service, found, id);
  say(`${happened}; it is not deployed. Next: ${next}`);
}

/** S3 sends metadata as headers; text beyond these limits would come back mangled. */
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
  build: ReleaseName,
  url: string,
  options: Options,
): Promise<Deploy> {
  const { consul } = context;
  const { service, sequence } = build;
  const { timeoutSeconds } = options;
  const secondsLeft = deadlineIn(context, timeoutSeconds);
  let index = 0;
  for (;;) {
    const waitSeconds = waitFor(secondsLeft());
    const read = await unlessAway(() => consul.get(keys.deploy(service), { index, waitSeconds }));
    index = read?.index ?? 0;
    const [deploy] = parseEach(read?.found ? [read.found] : [], (found) =>
      parseDeploy(service, found),
    ).usable;
    if (deploy?.release.url === url) return deploy;
    if (deploy && deploy.newestSequence >= sequence) throw passedOver(build, deploy);
    const hold = (await unlessAway(() => consul.get(keys.hold(service))))?.found;
    if (hold) throw held(service, hold, releaseId(build));
    if (secondsLeft() <= 0) throw notAnnounced(build, timeoutSeconds);
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
