import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { mkdir, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
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

describe("static files", () => {
  const [old, next, third] = ["web-1-ccccccc", "web-2-ccccccc", "web-3-ccccccc"] as const;
  const contents = (releaseId: string) => ({ releaseId, command: ["bin/web"], environment: {} });

  function storeWithStatic() {
    const root = mkdtempSync(join(tmpdir(), "store-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const service = aService({ static: { "/assets/": { folder: "public/assets" } } });
    const store = folderStore({ service, fetch: async () => {}, log: silentLog, root });
    const links = () => readdirSync(join(root, "static")).sort();
    /** The releases in the order in which nginx looks for a file. */
    const offered = () => links().map((it) => basename(readlinkSync(join(root, "static", it))));
    return { store, offered };
  }

  test("those of a release that is staged and never serves are found after those of the one that serves", async () => {
    const { store, offered } = storeWithStatic();
    await store.stage({ n: 1, side: "a" }, contents(old));
    await store.offerFirst(old);
    await store.stage({ n: 1, side: "b" }, contents(next));
    expect(offered()).toEqual([old, next]);
    await store.offerFirst(next);
    expect(offered()).toEqual([next, old]);
  });

  test("calls at the same time for several processes take their turns", async () => {
    const { store, offered } = storeWithStatic();
    await store.stage({ n: 1, side: "a" }, contents(old));
    await Promise.all([
      store.stage({ n: 1, side: "b" }, contents(next)),
      store.stage({ n: 2, side: "b" }, contents(third)),
      ...[next, old, third, old].map((id) => store.offerFirst(id)),
    ]);
    expect(offered()[0]).toBe(old);
    expect(offered().toSorted()).toEqual([old, next, third]);
  });
});
