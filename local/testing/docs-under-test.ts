import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll } from "vitest";
import { checkout } from "../host/region.ts";
import { makeRelease } from "../web/release.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { shellCommands } from "./shell-blocks.ts";

/**
 * Brings the tests' region up for the tests of a file, with a release that a rollback returns to.
 *
 * @returns a function that runs the commands of a page or of one section as a reader would, with a
 *   release's folder in place of `DIR`, and gives what each printed.
 */
export function readerOnRegion() {
  let on: RegionUnderTest;
  const folder = mkdtempSync(join(tmpdir(), "shoestring-docs-"));
  beforeAll(async () => {
    makeRelease(folder);
    on = await regionUnderTest();
    await on.pushed();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await endTestRegion();
  });

  return async (page: string, section?: string) => {
    const ran = [];
    for (const command of shellCommands(page, section)) {
      const { stdout } = await promisify(execFile)("bash", ["-c", command.replace("DIR", folder)], {
        cwd: checkout,
        env: { ...process.env, SHOESTRING_REGION: on.region.directory },
      });
      ran.push({ command, stdout });
    }
    return ran;
  };
}
