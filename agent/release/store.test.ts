import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { mkdir, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { aService, silentLog } from "../testing/builders.ts";
import { folderStore } from "./store.ts";

test.each([
  ["a scheduled command", "cron-nightly"],
  ["the step before a release", "before"],
])("the release that %s started from stays on disk while others go", async (_, place) => {
  const root = mkdtempSync(join(tmpdir(), "store-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const releases = ["web-1-ccccccc", "web-2-ccccccc", "web-3-ccccccc"];
  for (const [at, id] of releases.entries()) {
    await mkdir(join(root, "releases", id), { recursive: true });
    await utimes(join(root, "releases", id), at, at);
  }
  const fetch = async () => {};
  const store = folderStore({ service: aService(), fetch, log: silentLog, root });
  const contents = { releaseId: "web-1-ccccccc", command: ["bin/clear"], environment: {} };
  await store.stageOneShot(place, contents);

  const keep = { releases: new Set(["web-3-ccccccc"]), environments: new Set<string>() };
  await store.prune({ ...keep, releaseCount: 2 });
  expect(readdirSync(join(root, "releases"))).toEqual(["web-1-ccccccc", "web-3-ccccccc"]);
});
