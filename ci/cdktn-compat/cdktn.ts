import { readFileSync } from "node:fs";
import { join } from "node:path";
import { happening, Problem } from "../../lib/problem.ts";
import { cached } from "../../tools/cache.ts";
import { stream } from "../../tools/stream.ts";

/** The fork that continues cdktf. */
export const cdktn = {
  version: "0.24.0",
  integrity:
    "sha512-Ok7kYlM2BWyXebnQi4Se9JPsjsRZKoVtkyshkVEkhHY/fGWonMvdWvivXmdB6caBGcQ8cwioQOZXKkps+dCnZg==",
} as const;

/**
 * The fork under the name cdktf, as `npm install cdktf@npm:cdktn@…` puts it into a project, but in
 * the cache and without `constructs`: there must be one copy of that, the checkout's.
 *
 * @returns the package's folder.
 * @throws Problem where npm cannot download it.
 */
export async function ensureCdktn(log: (line: string) => void): Promise<string> {
  const { version, integrity } = cdktn;
  const project = await cached(join("cdktn", version), async (path) => {
    log(`cdktn ${version} is downloaded, once`);
    const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
    const wanted = `cdktf@npm:cdktn@${version}`;
    try {
      await stream("npm", ["install", "--prefix", path, "--omit=peer", ...quiet, wanted], {
        stillRunning: (seconds) => log(`cdktn: ${seconds} s`),
        next: "see that npm reaches its registry: npm ping",
      });
    } catch (error) {
      throw new Problem({
        happened: `cdktn ${version}, which proves the way out, cannot be downloaded: ${happening(error)}`,
        unchanged: "nothing needs it but this test",
        next: `see that npm reaches its registry: npm view cdktn@${version}`,
        cause: error,
      });
    }
    checkIntegrity(path, integrity);
  });
  return packageFolder(project);
}

const packageFolder = (project: string) => join(project, "node_modules", "cdktf");

function checkIntegrity(project: string, wanted: string): void {
  const lock = JSON.parse(readFileSync(join(project, "node_modules/.package-lock.json"), "utf8"));
  const found = lock.packages["node_modules/cdktf"].integrity;
  if (found === wanted) return;
  throw new Problem({
    happened: `the cdktn that was downloaded has the integrity ${found}, not ${wanted}`,
    unchanged: "it was not used",
    next: "see whether version and integrity in ci/cdktn-compat/cdktn.ts belong together",
  });
}
