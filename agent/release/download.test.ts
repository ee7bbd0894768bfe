import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { Problem } from "../../lib/problem.ts";
import { diskFiles } from "../linux/files.ts";
import { aDeploy } from "../testing/builders.ts";
import { download } from "./download.ts";

const parts = Array.from({ length: 30 }, () => Buffer.alloc(1024 ** 2));

test("a download that runs out of disk space ends at once and is not tried again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "shoestring-download-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const sha256 = parts
    .reduce((hash, part) => hash.update(part), createHash("sha256"))
    .digest("hex");
  const release = { ...aDeploy(1).release, size: parts.length * 1024 ** 2, sha256 };
  let [opened, sent, looks] = [0, 0, 0];
  async function* content() {
    for (const part of parts) {
      sent += 1;
      yield part;
    }
  }

  const downloading = download(release, join(folder, "archive"), {
    open: async () => {
      opened += 1;
      return Readable.from(content());
    },
    sleep: async () => {},
    checkRoom: async () => {
      looks += 1;
      if (looks === 2) throw new Problem({ happened: "no room", unchanged: "it", next: "a test" });
    },
    files: diskFiles,
  });

  await expect(downloading).rejects.toThrow("no room");
  expect(opened).toBe(1);
  expect(sent).toBeLessThan(parts.length);
});

const content = Buffer.from("an archive");
const small = {
  ...aDeploy(1).release,
  size: content.length,
  sha256: createHash("sha256").update(content).digest("hex"),
};

/** Downloads from an S3 that fails so many times first; counts its requests and the waits. */
async function downloadAfter(failures: number, status: number | undefined) {
  const folder = await mkdtemp(join(tmpdir(), "shoestring-download-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let [asked, waitedMs] = [0, 0];
  const end = await download(small, join(folder, "archive"), {
    open: async () => {
      asked += 1;
      if (asked <= failures) throw Object.assign(new Error("S3 failed"), { status });
      return Readable.from([content]);
    },
    sleep: async (ms) => {
      waitedMs += ms;
    },
    checkRoom: async () => {},
    files: diskFiles,
  }).then(
    () => "downloaded",
    (error: Error) => error.message.split(" from ")[0],
  );
  return { end, asked, waitedMs };
}

test.each([503, 429, undefined])(
  "a release is downloaded after S3 was busy or away for up to half a minute: status %s",
  async (status) => {
    expect(await downloadAfter(7, status)).toEqual({
      end: "downloaded",
      asked: 8,
      waitedMs: 31_500,
    });
    const { end } = await downloadAfter(8, status);
    expect(end).toContain("could not be downloaded");
  },
);

test("an S3 that refuses is asked four times", async () => {
  expect(await downloadAfter(100, 403)).toMatchObject({ asked: 4, waitedMs: 3500 });
});
