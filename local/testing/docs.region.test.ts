import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkout } from "../host/region.ts";
import { makeRelease } from "../web/release.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { shellCommands } from "./shell-blocks.ts";

let on: RegionUnderTest;
const folder = mkdtempSync(join(tmpdir(), "shoestring-docs-"));

beforeAll(async () => {
  makeRelease(folder);
  on = await regionUnderTest();
  await on.pushed(); // the release that a rollback returns to
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await endTestRegion();
});

/** Runs the commands of a page or of one section on the tests' region, as a reader would. */
async function readerRuns(page: string, section?: string) {
  const ran = [];
  for (const command of shellCommands(page, section)) {
    const { stdout } = await promisify(execFile)("bash", ["-c", command.replace("DIR", folder)], {
      cwd: checkout,
      env: { ...process.env, SHOESTRING_REGION: on.region.directory },
    });
    ran.push({ command, stdout });
  }
  return ran;
}

test("every command of the README's daily use works as written", async () => {
  const ran = await readerRuns("README.md", "Daily use");
  expect(ran.map(({ command }) => command.split(" ").slice(0, 3).join(" "))).toEqual([
    "npx shoestring local",
    "npx shoestring release",
    "npx shoestring status",
    "npx shoestring rollback",
    "npx shoestring unhold",
    "npx shoestring config",
    "npx shoestring restart",
  ]);
});

test("every command of docs/deploying.md works as written", {
  timeout: 300_000,
}, async () => {
  const ran = await readerRuns("docs/deploying.md");
  expect(ran.map(({ command }) => command.split(" ").slice(1, 4).join(" "))).toEqual([
    "shoestring release build",
    "shoestring release push",
    "shoestring status web",
    "shoestring history web",
    "shoestring rollback web",
    "shoestring unhold web",
  ]);
  expect(ran[0]?.stdout).toMatch(/^web-1-[0-9a-f]{7} is packed as out\/web\.tar\.gz: /);
  expect(ran[3]?.stdout).toContain("a try");
});

test("every command of the local region's README works as written", async () => {
  const ran = await readerRuns("local/README.md");
  const answer = ran.find(({ command }) => command.startsWith("curl"));
  expect(JSON.parse(answer?.stdout ?? "")).toMatchObject({
    release: expect.stringMatching(/^web-/),
  });
});
