import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../lib/problem.ts";
import { cached } from "./cache.ts";
import { stream } from "./stream.ts";
import { siteOf, versions } from "./versions.ts";

/**
 * The image's node program: npm's package with it, checked against the integrity in versions.yml.
 */
export function ensureNode(log: (line: string) => void): Promise<string> {
  const { node_version: version, ...rest } = versions();
  const machine = process.arch === "arm64" ? "arm64" : "x64";
  const integrity = rest[`node_integrity_${machine}`] as string;
  return cached(join("node", `${version}-${machine}`, "node"), async (path) => {
    log(`node ${version} for the image is downloaded, once`);
    const folder = `${path}.folder`;
    mkdirSync(folder, { recursive: true });
    const next = "see that npm reaches its registry: npm ping";
    const site = siteOf("npm", undefined);
    const registry = site === undefined ? [] : ["--registry", site];
    try {
      await stream("npm", ["pack", "--silent", ...registry, `node-linux-${machine}@${version}`], {
        cwd: folder,
        stillRunning: (seconds) => log(`node: ${seconds} s`),
        next,
      });
      const archive = join(folder, readdirSync(folder)[0] as string);
      checkIntegrity(archive, integrity);
      await stream("tar", ["-xzf", archive, "-C", folder, "package/bin/node"], { next });
      renameSync(join(folder, "package", "bin", "node"), path);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

function checkIntegrity(archive: string, wanted: string): void {
  const found = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (found === wanted) return;
  throw new Problem({
    happened: `the node that was downloaded has the integrity ${found}, not ${wanted}`,
    unchanged: "it was not used",
    next: "see whether node_version and its integrity in ansible/versions.yml belong together",
  });
}
