import { mkdir, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Release } from "../../protocol/documents.ts";
import { encodeEnvFile } from "../../protocol/env-file.ts";
import { Problem } from "../../protocol/problem.ts";
import { ReleaseFile, type ServiceFile } from "../../protocol/service-file.ts";
import type { Keep, Launch, Place, PlaceContents, Store } from "../effects.ts";
import { unfinished } from "../release/fetch.ts";
import { syncFolder, writeFileSafely, writeSynced } from "./files.ts";
import { placeFolder, serviceFolder } from "./folders.ts";

const Snapshot = z.object({ release: z.string(), environment: z.record(z.string(), z.string()) });

/** How many environments are kept beside those in use. */
const keepSnapshots = 10;

/**
 * A service's folders (design §5): read-only trees in `releases/`, one environment a deploy in
 * `snapshots/` (0600), and `processes/<n><side>/`, which is never changed while it runs.
 *
 * @param fetch brings a release's tree into the given folder.
 */
export function folderStore(
  service: ServiceFile,
  fetch: (release: Release, releasesFolder: string) => Promise<void>,
): Store {
  const root = serviceFolder(service.service);
  const releases = join(root, "releases");
  const snapshots = join(root, "snapshots");
  const snapshotPath = (id: string) => join(snapshots, `${id}.json`);
  const readSnapshot = async (path: string) => {
    const text = await readFile(path, "utf8").catch(undefinedIfMissing);
    return text === undefined ? undefined : Snapshot.parse(JSON.parse(text));
  };

  return {
    async hasRelease(release) {
      if (!(await exists(join(releases, release.id)))) return false;
      const sha256 = (await readFile(join(releases, `${release.id}.sha256`), "utf8")).trim();
      if (sha256 === release.sha256) return true;
      throw new Problem({
        happened: `${release.id} is here with other contents than the deploy says`,
        unchanged: "the release that is here stays; every process keeps its release",
        next: "push the build again with a new sequence: a release never changes",
      });
    },
    fetchRelease: (release) => fetch(release, releases),
    launchOf: (id) => launchOf(service, join(releases, id)),
    async readSnapshot(id) {
      return (await readSnapshot(snapshotPath(id)))?.environment;
    },
    async readSnapshotOf(releaseId) {
      for (const name of await newestFirst(snapshots)) {
        const snapshot = await readSnapshot(join(snapshots, name));
        if (snapshot?.release === releaseId) return snapshot.environment;
      }
      return undefined;
    },
    async writeSnapshot(id, release, environment) {
      // Encoded once here, so that a value that cannot be represented is refused before a slot
      // is taken or a process touched.
      encodeEnvFile(environment);
      await mkdir(snapshots, { recursive: true, mode: 0o700 });
      await writeFileSafely(snapshotPath(id), JSON.stringify({ release, environment }), 0o600);
    },
    repoint: (place, contents) => repoint(service, place, contents, releases),
    prune: (keep) => prune(releases, snapshots, keep),
  };
}

async function launchOf(service: ServiceFile, tree: string): Promise<Launch> {
  const text = await readFile(join(tree, "release.json"), "utf8").catch(undefinedIfMissing);
  const own = text === undefined ? {} : parseReleaseFile(tree, text);
  return { command: own.command ?? service.command, ping: own.ping ?? service.ping };
}

function parseReleaseFile(tree: string, text: string): ReleaseFile {
  try {
    return ReleaseFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new Problem({
      happened: `${join(tree, "release.json")} cannot be used: it is not JSON of the form {"command": ["…"], "ping": "/…"}`,
      unchanged: "every process keeps its release",
      next: "correct release.json in the build and push again",
      cause,
    });
  }
}

/** The place is made anew beside itself and renamed, so that it is never half of two releases. */
async function repoint(
  service: ServiceFile,
  place: Place,
  contents: PlaceContents,
  releases: string,
): Promise<void> {
  const folder = placeFolder(service.service, place);
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o755 });
  await symlink(join(releases, contents.releaseId), join(fresh, "release"));
  const run = `exec ${contents.command.map(shellWord).join(" ")}\n`;
  await Promise.all([
    writeSynced(join(fresh, "env"), encodeEnvFile(contents.environment), 0o600),
    writeSynced(join(fresh, "run"), run, 0o644),
  ]);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
  await syncFolder(join(folder, ".."));
}

/** A word that the shell takes literally. */
export const shellWord = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

async function prune(releases: string, snapshots: string, keep: Keep): Promise<void> {
  const names = (await newestFirst(releases)).filter((name) => !name.endsWith(".sha256"));
  for (const name of names.filter((n) => n.startsWith(unfinished))) {
    await rm(join(releases, name), { recursive: true, force: true });
  }
  const whole = names.filter((name) => !name.startsWith("."));
  const spare = keep.releaseCount - keep.releases.size;
  for (const name of whole.filter((n) => !keep.releases.has(n)).slice(Math.max(0, spare))) {
    // Moved away first: a tree that is half removed must not have a release's name.
    const doomed = join(releases, `${unfinished}${name}`);
    await rename(join(releases, name), doomed);
    await rm(doomed, { recursive: true, force: true });
    await rm(join(releases, `${name}.sha256`), { force: true });
  }
  const old = (await newestFirst(snapshots)).filter((n) => !keep.snapshots.has(n.slice(0, -5)));
  for (const name of old.slice(keepSnapshots)) await rm(join(snapshots, name), { force: true });
}

/** Names in a folder, the one that was changed last first; none where there is no folder. */
async function newestFirst(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(undefinedIfMissing)) ?? [];
  const times = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(join(folder, name))).mtimeMs })),
  );
  return times.sort((a, b) => b.time - a.time).map(({ name }) => name);
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    (error) => undefinedIfMissing(error) ?? false,
  );

function undefinedIfMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
  throw error;
}
