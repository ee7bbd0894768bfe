import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../../lib/problem.ts";
import { mustRun, run } from "./run.ts";

/** Mounts `upper` over the layers at `root`, all in one folder; a stale mount goes first. */
export async function mountOverlay(folder: string, layers: readonly string[]): Promise<void> {
  await unmountBelow(folder);
  const options = [
    `lowerdir=${layers.map(escapeOption).join(":")}`,
    `upperdir=${join(folder, "upper")}`,
    `workdir=${join(folder, "work")}`,
  ];
  await mustRun("mount", [
    "-t",
    "overlay",
    "overlay",
    "-o",
    options.join(","),
    join(folder, "root"),
  ]);
}

/** overlayfs separates layers by colons and options by commas. */
const escapeOption = (path: string) => path.replaceAll(/[\\:,]/g, "\\$&");

/**
 * Unmounts everything at or below a folder.
 *
 * @throws Problem where a mount stays.
 */
export async function unmountBelow(folder: string): Promise<void> {
  for (let i = 0; i < 20; i++) {
    const last = mountsBelow(folder).at(-1);
    if (last === undefined) return;
    // Lazily after a few tries: a process that is just ending may still hold a file.
    await run("umount", i < 10 ? [last] : ["--lazy", last]);
    if (mountsBelow(folder).includes(last)) await new Promise((done) => setTimeout(done, 50));
  }
  const left = mountsBelow(folder);
  if (left.length === 0) return;
  throw new Problem({
    happened: `${left.join(", ")} cannot be unmounted`,
    unchanged: "no file below it was removed",
    next: `see what holds it with: fuser -vm ${left[0]}`,
  });
}

/** Mount points at or below a folder, in the order in which they were mounted. */
function mountsBelow(folder: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((path) =>
      path.replaceAll(/\\(\d{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))),
    )
    .filter((path) => path === folder || path.startsWith(`${folder}/`));
}
