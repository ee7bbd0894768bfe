import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { readDeploy } from "../../protocol/deploys.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { Problem } from "../../protocol/problem.ts";
import { artifactKey, Commit, releaseId } from "../../protocol/releases.ts";
import { answer } from "../answer.ts";
import { builds } from "../artifacts.ts";
import type { Command, Context, Options } from "../context.ts";
import { follow } from "../follow.ts";
import { type Packed, pack } from "../pack.ts";

/** How often the deploy's document is looked at until `announce` has written it. */
const lookEveryMs = 200;

/** Builds the archive of a folder and uploads it, as a service's workflow would. */
export const releasePush: Command = {
  usage: "release push DIR --service S [--sequence N] [--commit HEX] [--reason R] [--wait]",
  about: "pack a folder as a release and upload it",
  words: [1, 1],
  async run(context, [folder = "."], options) {
    const { artifacts, by } = context;
    const service = options.service as string;
    const packed = await pack(folder);
    const commit = options.commit ?? (await commitOf(folder)) ?? packed.sha256.slice(0, 40);
    if (!Commit.safeParse(commit).success) throw noCommit(commit);
    const sequence = options.sequence ?? (await nextSequence(context, service));
    const build = { service, sequence, commit };
    const key = artifactKey(build);
    await artifacts.put(key, packed.archive, metadataOf(packed, build, options, by));
    const url = `s3://${artifacts.bucket}/${key}`;
    const id = releaseId(build);
    answer(context, options, { id, url, ...build }, [`${id} is uploaded to ${url}`]);
    if (!options.wait) return 0;
    return follow(context, await announced(context, service, sequence, options), options);
  },
};

function metadataOf(
  { archive, sha256 }: Packed,
  { sequence, commit }: { sequence: number; commit: string },
  { reason }: Options,
  by: string,
): Record<string, string> {
  return {
    sha256,
    size: String(archive.length),
    commit,
    sequence: String(sequence),
    "built-by": by,
    ...(reason === undefined ? {} : { reason }),
  };
}

async function nextSequence({ consul, artifacts }: Context, service: string): Promise<number> {
  const { deploy } = await readDeploy(consul, service);
  const uploaded = (await builds(artifacts, service))[0]?.sequence ?? 0;
  return Math.max(deploy?.newestSequence ?? 0, uploaded) + 1;
}

/** Waits for the function that turns the upload into a deploy, or refuses it. */
async function announced(
  { consul, now }: Context,
  service: string,
  sequence: number,
  { timeoutSeconds }: Options,
): Promise<Deploy> {
  const deadline = now().getTime() + timeoutSeconds * 1000;
  for (;;) {
    const { deploy } = await readDeploy(consul, service);
    if (deploy && deploy.newestSequence >= sequence) return deploy;
    if (now().getTime() >= deadline) {
      throw new Problem({
        happened: `build ${sequence} of ${service} was uploaded, but not announced within ${timeoutSeconds} s`,
        unchanged: "the service runs what it ran",
        next: `see whether it is held: shoestring status ${service}; then the announce function's log`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
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

const noCommit = (commit: string) =>
  new Problem({
    happened: `"${commit}" is no commit`,
    unchanged: "nothing was uploaded",
    next: "give all 40 hexadecimal digits: --commit $(git rev-parse HEAD)",
  });
