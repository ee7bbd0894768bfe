import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { diskFiles, type Files } from "../linux/files.ts";
import { staticLinks } from "../linux/folders.ts";
import { offerFiles } from "./static-links.ts";

/** A service's folder with releases, each with a file that has its name. */
function folderWith(...releases: string[]): string {
  const root = mkdtempSync(join(tmpdir(), "static-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const id of releases) {
    mkdirSync(join(root, "releases", id), { recursive: true });
    writeFileSync(join(root, "releases", id, "file"), id);
  }
  return root;
}

/** The releases in the order in which nginx looks for a file. */
const offered = (root: string) =>
  staticLinks.flatMap((link) => {
    try {
      return [readFileSync(join(root, "static", link, "file"), "utf8")];
    } catch {
      return [];
    }
  });

test("a release that begins to serve comes first, and those before it stay", async () => {
  const root = folderWith("one", "two");
  await offerFiles(root, "one", "first", diskFiles);
  await offerFiles(root, "two", "first", diskFiles);
  expect(offered(root)).toEqual(["two", "one"]);
  await offerFiles(root, "one", "first", diskFiles);
  expect(offered(root)).toEqual(["one", "two"]);
});

test("a release that is only on disk is found after the one that serves", async () => {
  const root = folderWith("one", "two", "three");
  await offerFiles(root, "one", "second", diskFiles);
  await offerFiles(root, "two", "first", diskFiles);
  await offerFiles(root, "three", "second", diskFiles);
  await offerFiles(root, "one", "second", diskFiles);
  expect(offered(root)).toEqual(["two", "three", "one"]);
});

test("the oldest of many releases is let go", async () => {
  const ids = ["one", "two", "three", "four", "five", "six"];
  const root = folderWith(...ids);
  for (const id of ids) await offerFiles(root, id, "first", diskFiles);
  expect(offered(root)).toEqual(["six", "five", "four", "three", "two"]);
});

test("at every change of the disk each release that was found is found, and so after a failure there", async () => {
  for (let failAt = 1; failAt < 30; failAt += 1) {
    const root = folderWith("one", "two");
    await offerFiles(root, "one", "first", diskFiles);
    let calls = 0;
    const failing = new Proxy(diskFiles, {
      get: (files, name: keyof Files) => {
        const act = files[name] as (...args: unknown[]) => Promise<unknown>;
        return async (...args: unknown[]) => {
          calls += 1;
          expect(offered(root)).toContain("one");
          if (calls === failAt) throw new Error("planned");
          return act(...args);
        };
      },
    });
    await offerFiles(root, "two", "first", failing).catch(() => {});
    expect(offered(root)).toContain("one");
    await offerFiles(root, "two", "first", diskFiles);
    expect(offered(root)).toEqual(["two", "one"]);
    if (calls < failAt) return;
  }
});
