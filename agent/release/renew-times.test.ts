import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { markerName } from "../../protocol/archive.ts";
import { renewTimes } from "./renew-times.ts";

/** A disk with releases, unpacked a minute apart. */
function diskWith(...releases: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "renew-times-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [minute, id] of releases.entries()) {
    mkdirSync(join(folder, id, "public"), { recursive: true });
    for (const name of [markerName, "public/app.js"]) {
      writeFileSync(join(folder, id, name), id);
      utimesSync(join(folder, id, name), minute * 60, minute * 60);
    }
    symlinkSync("public/app.js", join(folder, id, "link"));
  }
  const minutesOf = (id: string) => statSync(join(folder, id, "public/app.js")).mtimeMs / 60_000;
  return { folder, minutesOf };
}

const at = (minute: number) => new Date(minute * 60_000);

test("after a rollback a file is newer than that of the release before, so no cache keeps that one", async () => {
  const { folder, minutesOf } = diskWith("good", "bad");
  await renewTimes(folder, "good", at(5));
  expect([minutesOf("good"), minutesOf("bad")]).toEqual([5, 1]);
});

test("the files of the newest release keep their times, so caches stay good over a restart", async () => {
  const { folder, minutesOf } = diskWith("old", "newest");
  await renewTimes(folder, "newest", at(5));
  await renewTimes(folder, "newest", at(6));
  expect([minutesOf("old"), minutesOf("newest")]).toEqual([0, 1]);
});

test("times that were set for one rollback stay until another release is newer", async () => {
  const { folder, minutesOf } = diskWith("good", "bad");
  await renewTimes(folder, "good", at(5));
  await renewTimes(folder, "good", at(6));
  expect(minutesOf("good")).toBe(5);
  await renewTimes(folder, "bad", at(7));
  expect(minutesOf("bad")).toBe(7);
});
