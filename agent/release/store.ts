import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import * as z from "zod";
import { parseJson } from "../../lib/json.ts";
import { describe, Problem } from "../../lib/problem.ts";
import { archiveLimits, releaseFileName } from "../../protocol/archive.ts";
import { encodeEnvFile } from "../../protocol/env-file.ts";
import { readReleaseFile, type ServiceFile } from "../../protocol/service-file.ts";
import type { Keep, Launch, Log, PlaceContents, Store } from "../core/effects.ts";
import { launchOfRelease } from "../core/launch.ts";
import { diskFiles, type Files, makeFolderSafely, writeFileSafely } from "../linux/files.ts";
import { serviceFolder } from "../linux/folders.ts";
import { type FetchContext, markedHash, unfinished } from "./fetch.ts";
import { renewTimes } from "./renew-times.ts";
import { offerFiles } from "./static-links.ts";

const Names = z.array(z.string());
const StoredEnvironment = z.object({
  release: z.string(),
  environment: z.record(z.string(), z.string()),
  // An older agent wrote no scopes: they count as empty.
  scopes: z.object({ global: Names, own: Names }).default({ global: [], own: [] }),
});

/** How many environments are kept beside those in use. */
const keepEnvironments = 10;

/** Dependencies of a service's folders. */
export interface StoreParts {
  readonly service: ServiceFile;
  /** Fetches a release's tree into the given folder. */
  readonly fetch: (
    input: Pick<FetchContext, "release" | "releasesFolder" | "isInUse">,
    stop: AbortSignal,
  ) => Promise<void>;
  readonly log: Log;
  /** @default the service's folder on an instance */
  readonly root?: string;
  /** @default the disk */
  readonly files?: Files;
}

/**
 * A service's folders: read-only trees in `releases/`, one environment for each deploy in
 * `environments/` (0600), and `processes/<n><side>/`, which never changes while its process runs.
 */
export function folderStore(parts: StoreParts): Store {
  const { service, fetch, log, files = diskFiles } = parts;
  const root = parts.root ?? serviceFolder(service.service);
  const releases = join(root, "releases");
  const environments = join(root, "environments");
  const environmentPath = (id: string) => join(environments, `${id}.json`);
  const offer = offerInTurn(parts, root);

  return {
    async hasRelease(release) {
      const sha256 = await markedHash(join(releases, release.id));
      // A tree without its marker is not whole, and is fetched again.
      if (sha256 === undefined) return false;
      if (sha256 === release.sha256) {
        await renewTimes(releases, release.id).catch((error: unknown) =>
          log("release.times.failed", { release: release.id, error: describe(error) }),
        );
        return true;
      }
      throw new Problem({
        happened: `${release.id} is here with other contents than the deploy says`,
        unchanged: "the release that is here stays; every process keeps its release",
        next: "push the build again with a new sequence: a release never changes",
      });
    },
    async fetchRelease(release, isInUse, stop) {
      await fetch({ release, releasesFolder: releases, isInUse }, stop);
      await offer(release.id, "second");
    },
    launchOf: (id) => launchOf(service, join(releases, id)),
    async readEnvironment(id) {
      const path = environmentPath(id);
      const text = await readFile(path, "utf8").catch(undefinedIfMissing);
      if (text === undefined) return undefined;
      try {
        const { environment, scopes } = StoredEnvironment.parse(parseJson(text));
        return { environment, scopes };
      } catch {
        log("environment.damaged", { path });
        return undefined;
      }
    },
    async writeEnvironment(id, release, config) {
      // Encode once here, so that a value that cannot be represented is refused before a slot is
      // acquired or a process touched.
      encodeEnvFile(config.environment);
      await makeFolderSafely(environments, 0o700, files);
      const text = JSON.stringify({ release, ...config });
      await writeFileSafely(environmentPath(id), text, 0o600, files);
    },
    async stage({ n, side }, contents) {
      await stage(root, `${n}${side}`, contents, files);
      // It does not serve yet, and may never.
      await offer(contents.releaseId, "second");
    },
    offerFirst: (releaseId) => offer(releaseId, "first"),
    stageOneShot: (name, contents) => stage(root, name, contents, files),
    async prune(keep) {
      const ofOneShots = await releasesOfOneShots(root);
      const kept = { ...keep, releases: new Set([...keep.releases, ...ofOneShots]) };
      return prune(releases, environments, kept, files);
    },
  };
}

/** One call after the other: several processes roll at once, and change one folder. */
function offerInTurn({ service, files = diskFiles }: StoreParts, root: string) {
  let last = Promise.resolve();
  return (releaseId: string, rank: "first" | "second"): Promise<void> => {
    if (!service.static) return Promise.resolve();
    const offered = last.then(() => offerFiles(root, releaseId, rank, files));
    last = offered.catch(() => {});
    return offered;
  };
}

async function launchOf(service: ServiceFile, tree: string): Promise<Launch> {
  const path = join(tree, releaseFileName);
  const size = await stat(path).then(({ size }) => size, undefinedIfMissing);
  if (size === undefined) return launchOfRelease(service, {});
  // `stat` gives the size of a link's target, too: the file is read as a whole.
  const { file, why } =
    size > archiveLimits.releaseFileBytes
      ? { why: `it has ${size} bytes` }
      : readReleaseFile(await readFile(path, "utf8"));
  if (file) return launchOfRelease(service, file);
  throw new Problem({
    happened: `${path} cannot be used: ${why}`,
    unchanged: "every process keeps its release",
    next: "correct release.json in the build and push again",
  });
}

/** Makes the new place beside the old one and renames it, so that it never mixes two releases. */
async function stage(
  root: string,
  name: string,
  { releaseId, command, environment }: PlaceContents,
  files: Files,
): Promise<void> {
  const processes = join(root, "processes");
  const folder = join(processes, name);
  const fresh = `${folder}.new`;
  await makeFolderSafely(processes, 0o755, files);
  await files.remove(fresh);
  await files.makeFolder(fresh, 0o755);
  await files.link(join(root, "releases", releaseId), join(fresh, "release"));
  const run = `exec ${command.map(shellWord).join(" ")}\n`;
  await Promise.all([
    files.write(join(fresh, "env"), encodeEnvFile(environment), 0o600, "synced"),
    files.write(join(fresh, "run"), run, 0o644, "synced"),
  ]);
  await files.sync(fresh);
  await files.remove(folder);
  await files.rename(fresh, folder);
  await files.sync(processes);
}

/**
 * Releases that the step before a release and the scheduled commands started from last. A roll does
 * not wait for a scheduled command, and a newer deploy does not stop a step.
 */
async function releasesOfOneShots(root: string): Promise<string[]> {
  const processes = join(root, "processes");
  const names = (await readdir(processes).catch(undefinedIfMissing)) ?? [];
  const places = names.filter((name) => name === "before" || name.startsWith("cron-"));
  const targets = await Promise.all(
    places.map((name) => readlink(join(processes, name, "release")).catch(undefinedIfMissing)),
  );
  return targets.flatMap((target) => (target === undefined ? [] : [basename(target)]));
}

/** Quotes a word, so that the shell takes it literally. */
export const shellWord = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** Removes the rest. @returns the releases that are left. */
async function prune(
  releases: string,
  environments: string,
  keep: Keep,
  files: Files,
): Promise<ReadonlySet<string>> {
  const names = await newestFirst(releases);
  for (const name of names.filter((n) => n.startsWith(unfinished))) {
    await files.remove(join(releases, name));
  }
  const whole = names.filter((name) => !name.startsWith("."));
  const spare = Math.max(0, keep.releaseCount - keep.releases.size);
  const gone = whole.filter((name) => !keep.releases.has(name)).slice(spare);
  for (const name of gone) {
    // Rename first, also on the disk: a half-removed tree must not have a release's name.
    const doomed = join(releases, `${unfinished}${name}`);
    await files.rename(join(releases, name), doomed);
    await files.sync(releases);
    await files.remove(doomed);
  }
  const old = (await newestFirst(environments)).filter(
    (n) => !keep.environments.has(n.slice(0, -5)),
  );
  for (const name of old.slice(keepEnvironments)) await files.remove(join(environments, name));
  return new Set(whole.filter((name) => !gone.includes(name)));
}

/** Names in a folder, the last changed first; empty for a missing folder. */
async function newestFirst(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(undefinedIfMissing)) ?? [];
  const times = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(join(folder, name))).mtimeMs })),
  );
  return times.sort((a, b) => b.time - a.time).map(({ name }) => name);
}

function undefinedIfMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
  throw error;
}
