import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { Problem } from "../../protocol/problem.ts";
import { diskFiles } from "../linux/files.ts";
import { aDeploy } from "../testing/builders.ts";
import { download } from "./download.ts";

const parts = Array.from({ length: 30 }, () => Buffer.alloc(1024 ** 2));

test("room that others take while an archive is downloaded ends the download, and nobody tries again", async () => {
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
