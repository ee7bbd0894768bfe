import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultLimits } from "../agent/release/limits.ts";
import { unpack } from "../agent/release/unpack.ts";
import { Problem } from "../lib/problem.ts";
import { archiveLimits } from "../protocol/archive.ts";
import { pack } from "./releases/pack.ts";

const seed = Number(process.env.SHOESTRING_SEED ?? 1);
const runs = Number(process.env.RUNS ?? 100);
/** Small, so that generated trees exceed them. */
const limits = { ...archiveLimits, entries: 16, depth: 5, pathBytes: 60, fileBytes: 40_000 };

/** Names from builds, and some that only an attacker or an accident makes. */
const name = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom("a", "b", "lib", "server.js") },
  fc.constantFrom(
    "a\\b",
    ".shoestring",
    "release.json",
    "…é",
    " ",
    "-",
    "node_modules",
    "x".repeat(59),
  ),
  fc.string({ minLength: 1, maxLength: 4 }).filter((it) => !/[/\0]|^\.\.?$/.test(it)),
);
const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/"));
const target = fc.oneof(
  { weight: 8, arbitrary: path },
  fc.constantFrom(
    "../a",
    "a/../b",
    "a\\b",
    "./../a",
    "./a",
    "../../a",
    "..",
    "/etc/passwd",
    "a//b",
  ),
);
const made = fc.oneof(
  fc.record({ path, content: fc.string({ maxLength: 50 }), runs: fc.boolean() }),
  fc.record({ path, size: fc.constantFrom(0, 39_999, 50_000) }),
  fc.record({ path, link: target }),
  fc.record({ path, folder: fc.constant(true) }),
);
type Made = typeof made extends fc.Arbitrary<infer T> ? T : never;

/** Makes as much as the disk accepts: two generated names may collide. */
async function make(folder: string, all: readonly Made[]): Promise<void> {
  for (const it of all) {
    const at = join(folder, it.path);
    try {
      await mkdir(dirname(at), { recursive: true });
      if ("link" in it) await symlink(it.link, at);
      else if ("folder" in it) await mkdir(at);
      else if ("size" in it) await writeFile(at, "z".repeat(it.size), { flag: "wx" });
      else await writeFile(at, it.content, { flag: "wx", mode: it.runs ? 0o755 : 0o644 });
    } catch {}
  }
}

/** Describes the parts of a tree that a release keeps. */
async function treeOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const lines = entries.map(async ({ parentPath, name }) => {
    const at = join(parentPath, name);
    const below = at.slice(folder.length);
    const status = await lstat(at);
    if (status.isDirectory()) return `${below}/`;
    if (status.isSymbolicLink()) return `${below} -> ${await readlink(at)}`;
    return `${below} ${status.mode & 0o100 ? "runs" : ""} ${await readFile(at, "utf8")}`;
  });
  return (await Promise.all(lines)).sort();
}

test("for any tree, an instance unpacks exactly what a push packed, or the push names the error", async () => {
  console.log(`SHOESTRING_SEED=${seed}`);
  const root = await mkdtemp(join(tmpdir(), "shoestring-pack-unpack-"));
  const came = { same: 0, refused: 0 };
  let n = 0;
  const property = fc.asyncProperty(
    fc.array(made, { minLength: 1, maxLength: 10 }),
    async (all) => {
      n += 1;
      const [build, tree] = [join(root, `${n}`), join(root, `${n}-tree`)];
      await mkdir(build);
      await mkdir(tree);
      await make(build, all);
      const names = (await treeOf(build)).map((line) => line.slice(1));
      try {
        const { archive } = await pack(build, limits);
        await writeFile(join(root, "archive"), archive);
        const unpacking = {
          archive: join(root, "archive"),
          archiveBytes: archive.length,
          into: tree,
        };
        await unpack({ ...unpacking, limits: { ...defaultLimits, ...limits } }).catch((error) => {
          throw new Error(`pushed, but not unpacked: ${error.message}`);
        });
        expect(await treeOf(tree)).toEqual(await treeOf(build));
        came.same += 1;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const [refused = ""] = error.happened.split(" cannot be part");
        const named = names.some((it) => it.startsWith(refused));
        expect(named || error.happened.includes("its largest file is"), error.happened).toBe(true);
        came.refused += 1;
      }
    },
  );
  try {
    await fc.assert(property, { seed, numRuns: runs, endOnFailure: true });
  } finally {
    await rm(root, { recursive: true });
  }
  console.log(`${runs} trees: ${came.same} unpacked to the same, ${came.refused} refused by name`);
  expect(Math.min(came.same, came.refused)).toBeGreaterThan(10);
});
