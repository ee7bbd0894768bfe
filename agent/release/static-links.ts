import { readdir, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Files, makeFolderSafely } from "../linux/files.ts";
import { staticLinks } from "../linux/folders.ts";

/**
 * Lets nginx find the files of a release, and of those before it: a page of one release asks for
 * its files wherever the load balancer sends it. `static` is a link to a folder with a numbered link
 * to each release, and is replaced as a whole, so that none is ever missing.
 *
 * @param rank `first` for the release that begins to serve; `second` for one that other instances
 * may serve already.
 */
export async function offerFiles(
  root: string,
  releaseId: string,
  rank: "first" | "second",
  files: Files,
): Promise<void> {
  const name = await readlink(join(root, "static")).catch(() => "");
  const offered = await offeredIn(join(root, name));
  const next = ranked(offered, releaseId, rank).slice(0, staticLinks.length);
  if (next.join() === offered.join() && name !== "") return;
  const fresh = name === "static-a" ? "static-b" : "static-a";
  await files.remove(join(root, fresh));
  await makeFolderSafely(join(root, fresh), 0o755, files);
  for (const [i, id] of next.entries()) {
    await files.link(join(root, "releases", id), join(root, fresh, `${i + 1}`));
  }
  await files.sync(join(root, fresh));
  await files.remove(join(root, "static.new"));
  await files.link(fresh, join(root, "static.new"));
  await files.rename(join(root, "static.new"), join(root, "static"));
  await files.sync(root);
}

function ranked(offered: readonly string[], id: string, rank: "first" | "second"): string[] {
  const [first, ...rest] = offered;
  if (rank === "first" || first === undefined) return [id, ...offered.filter((it) => it !== id)];
  return offered.includes(id) ? [...offered] : [first, id, ...rest];
}

async function offeredIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\d$/.test(name));
  const targets = await Promise.all(names.sort().map((name) => readlink(join(folder, name))));
  return targets.map((target) => basename(target));
}
