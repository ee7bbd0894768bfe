import { mkdir, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { Problem } from "../../lib/problem.ts";
import { releaseId } from "../../protocol/releases.ts";
import { build } from "../core/build.ts";
import type { Command } from "../core/context.ts";
import { answer } from "../core/output.ts";

/** Makes the archive that `release push` would upload. Asks neither Consul nor AWS. */
export const releaseBuild: Command = {
  usage: "release build DIR --service S [--sequence N] [--commit HEX] [--out FILE]",
  about: "pack a folder as a release and upload nothing",
  words: [1, 1],
  first: "folder",
  async run(context, [folder = "."], options) {
    // Before the build, which takes long; without --out the archive lies in the current folder.
    refuseInside(folder, options.out ?? ".");
    const { archive, sha256, service, commit } = await build(folder, options);
    const name = { service, sequence: options.sequence ?? 1, commit };
    const id = releaseId(name);
    const file = options.out ?? `${id}.tar.gz`;
    await write(file, archive);
    answer(context, options, { id, ...name, file, sha256, size: archive.length }, [
      `${id} is packed as ${file}: ${archive.length} bytes, SHA-256 ${sha256}`,
    ]);
    return 0;
  },
};

/** An archive in the folder that is packed would be part of the next one: never the same bytes. */
function refuseInside(folder: string, out: string): void {
  const way = relative(resolve(folder), resolve(out));
  if (isAbsolute(way) || way === ".." || way.startsWith(`..${sep}`)) return;
  throw new Problem({
    happened: `the archive would be written into ${folder}, which is packed: the next build would pack it, too`,
    unchanged: "nothing was written",
    next: "name a file outside with --out, like --out /tmp/release.tar.gz",
  });
}

async function write(file: string, archive: Buffer): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, archive);
  } catch (cause) {
    throw new Problem({
      happened: `${file} cannot be written: ${(cause as Error).message}`,
      unchanged: "nothing was uploaded",
      next: "name another file with --out",
      cause,
    });
  }
}
