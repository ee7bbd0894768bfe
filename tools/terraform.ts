import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Problem } from "../lib/problem.ts";
import { cached } from "./cache.ts";
import { downloadRelease, Unreachable } from "./hashicorp.ts";
import { isAtLeast } from "./versions.ts";

const version = "1.11.4";
/** Older versions do not support a lock file in S3 (`use_lockfile`). */
const least = [1, 10] as const;

/**
 * Finds the terraform on PATH where it is new enough, else the distributor's.
 *
 * @throws Problem where there is none and it cannot be downloaded.
 */
export async function ensureTerraform(log: (line: string) => void = () => {}): Promise<string> {
  const found = await promisify(execFile)("terraform", ["version"]).catch(() => undefined);
  if (found && isAtLeast(found.stdout, least)) return "terraform";
  return cached(join("terraform-program", `${version}-${process.arch}`), async (path) => {
    log(`terraform ${version} is downloaded, once: none of ${least.join(".")} or newer is on PATH`);
    try {
      await downloadRelease("terraform", version, path);
    } catch (cause) {
      if (!(cause instanceof Unreachable)) throw cause;
      throw new Problem({
        happened: `there is no terraform ${least.join(".")} or newer on PATH, and ${cause.message}`,
        unchanged: "nothing was planned or applied",
        next: "install it: https://developer.hashicorp.com/terraform/install",
        cause,
      });
    }
  });
}
