import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { aService, silentLog } from "../testing/builders.ts";
import { folderStore } from "./store.ts";

test("the release that a scheduled command started from stays on disk while others go", async () => {
  const root = mkdtempSync(join(tmpdir(), "store-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const releases = ["web-1-ccccccc", "web-2-ccccccc", "web-3-ccccccc"];
  for (const id of releases) await mkdir(join(root, "releases", id), { recursive: true });
  const fetch = async () => {};
  const store = folderStore({ service: aService(), fetch, log: silentLog, root });
  const contents = { releaseId: "web-1-ccccccc", command: ["bin/clear"], environment: {} };
  await store.stageOneShot("cron-nightly", contents);

  const keep = { releases: new Set(["web-3-ccccccc"]), environments: new Set<string>() };
  await store.prune({ ...keep, releaseCount: 2 });
  expect(readdirSync(join(root, "releases"))).toEqual(["web-1-ccccccc", "web-3-ccccccc"]);
});
