import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import tar, { type Header } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aDeploy } from "../testing/builders.ts";
import { fetchRelease, unfinished } from "./fetch.ts";
import { defaultLimits } from "./limits.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "shoestring-fetch-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Entry = readonly [header: Partial<Header> & { name: string }, content?: string];

async function archiveOf(entries: readonly Entry[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const [header, content] of entries) pack.entry(header as Header, content ?? "");
  pack.finalize();
  return gzipSync(await buffer(pack));
}

/** Fetches an archive as the agent does; what differs is what a test lies about. */
function fetchArchive(
  archive: Buffer,
  lies: { sha256?: string; size?: number; sent?: Buffer; open?: () => Promise<Readable> } = {},
  limits = defaultLimits,
) {
  const sha256 = createHash("sha256").update(archive).digest("hex");
  const { sha256: claimed = sha256, size = archive.length, sent = archive } = lies;
  const release = { ...aDeploy(1).release, sha256: claimed, size };
  return fetchRelease({
    release,
    releasesFolder: join(folder, "releases"),
    open: lies.open ?? (async () => Readable.from([sent])),
    sleep: async () => {},
    sync: async () => {},
    limits,
  });
}

const tree = () => join(folder, "releases", aDeploy(1).release.id);
const leftBehind = async () => {
  const outside = (await readdir(folder)).filter((name) => name !== "releases");
  return [...outside, ...(await readdir(join(folder, "releases")).catch(() => []))];
};

test("a release is unpacked read-only, with its executables, folders and inner links", async () => {
  const archive = await archiveOf([
    [{ name: "./bin/start", mode: 0o4755 }, "#!/bin/sh\n"],
    [{ name: "lib/", type: "directory" }],
    [{ name: "lib/a.js" }, "a"],
    [{ name: "bin/link", type: "symlink", linkname: "../lib/a.js" }],
  ]);

  await fetchArchive(archive);

  expect(await readFile(join(tree(), "bin/link"), "utf8")).toBe("a");
  expect((await stat(join(tree(), "bin/start"))).mode & 0o7777).toBe(0o555);
  expect((await stat(join(tree(), "lib/a.js"))).mode & 0o7777).toBe(0o444);
  expect(await leftBehind()).toEqual([aDeploy(1).release.id, `${aDeploy(1).release.id}.sha256`]);
});

describe("a hostile archive changes nothing and is named", () => {
  test.each<[string, readonly Entry[], string]>([
    ["a path with ..", [[{ name: "a/../../x" }, "x"]], '"a/../../x" has ".." in its path'],
    ["an absolute path", [[{ name: "/etc/x" }, "x"]], '"/etc/x" is an absolute path'],
    [
      "a link that leaves the tree",
      [[{ name: "a/l", type: "symlink", linkname: "../../x" }]],
      'the link "a/l" leaves the tree',
    ],
    [
      "an absolute link",
      [[{ name: "l", type: "symlink", linkname: "/etc" }]],
      'the link "l" leaves the tree: it points to "/etc"',
    ],
    [
      "a link that climbs behind another link",
      [
        [{ name: "d/", type: "directory" }],
        [{ name: "e/f/", type: "directory" }],
        [{ name: "d/up", type: "symlink", linkname: "../e/f" }],
        [{ name: "out", type: "symlink", linkname: "d/up/../../.." }],
      ],
      'the link "out" leaves the tree',
    ],
    [
      "a file written through a link",
      [[{ name: "l", type: "symlink", linkname: "d" }], [{ name: "l/x" }, "x"]],
      '"l/x" is written through the link "l"',
    ],
    ["a hard link", [[{ name: "h", type: "link", linkname: "a" }]], '"h" is a link'],
    ["a device", [[{ name: "n", type: "character-device" }]], '"n" is a character-device'],
    ["a fifo", [[{ name: "p", type: "fifo" }]], '"p" is a fifo'],
  ])("%s", async (_, entries, why) => {
    const refusal = fetchArchive(await archiveOf(entries));

    await expect(refusal).rejects.toThrow(why);
    await expect(refusal).rejects.toThrow("Unchanged: nothing of it is left on the disk");
    expect(await leftBehind()).toEqual([]);
  });
});

test("a 10 GB zip bomb is stopped before anything of it is written", async () => {
  // Its first part is enough: what the header announces decides.
  const chunks: Buffer[] = [];
  const pack = tar.pack();
  pack.on("data", (chunk) => chunks.push(chunk as Buffer));
  pack.entry({ name: "zeros", size: 10 * 1024 ** 3 }).write(Buffer.alloc(1024 * 1024));
  const bomb = gzipSync(await untilQuiet(chunks));

  await expect(fetchArchive(bomb)).rejects.toThrow("like a zip bomb");

  expect(await leftBehind()).toEqual([]);
});

/** What a stream gave until it waited for more. */
async function untilQuiet(chunks: readonly Buffer[]): Promise<Buffer> {
  await new Promise(setImmediate);
  return Buffer.concat(chunks);
}

test("an archive that unpacks to more than the disk has is refused", async () => {
  const archive = await archiveOf([[{ name: "big" }, "x".repeat(100_000)]]);
  const limits = { ...defaultLimits, ratio: 1e6, bytes: 50_000 };

  await expect(fetchArchive(archive, {}, limits)).rejects.toThrow("more than 50000 bytes");
  expect(await leftBehind()).toEqual([]);
});

test("no room on the disk is said before the download", async () => {
  const archive = await archiveOf([[{ name: "a" }, "a"]]);
  const limits = { ...defaultLimits, reserveBytes: Number.MAX_SAFE_INTEGER };

  const refusal = fetchArchive(archive, { open: () => Promise.reject(new Error("asked")) }, limits);

  await expect(refusal).rejects.toThrow("the disk has no room for web-1-ccccccc");
  expect(await leftBehind()).toEqual([]);
});

test("an archive with more entries than allowed is refused", async () => {
  const archive = await archiveOf([[{ name: "a" }], [{ name: "b" }], [{ name: "c" }]]);

  await expect(fetchArchive(archive, {}, { ...defaultLimits, entries: 2 })).rejects.toThrow(
    "more than 2 entries",
  );
});

describe("an archive that is not what the deploy says is not unpacked", () => {
  test("a wrong hash", async () => {
    const archive = await archiveOf([[{ name: "a" }, "a"]]);
    const refusal = fetchArchive(archive, { sha256: "b".repeat(64) });
    await expect(refusal).rejects.toThrow("its SHA-256 is");
    await expect(refusal).rejects.toThrow("Unchanged: it was not unpacked");
    expect(await leftBehind()).toEqual([]);
  });

  test("a truncated object", async () => {
    const archive = await archiveOf([[{ name: "a" }, "a"]]);
    const refusal = fetchArchive(archive, { sent: archive.subarray(0, 40) });
    await expect(refusal).rejects.toThrow(`it has 40 bytes instead of ${archive.length}`);
    expect(await leftBehind()).toEqual([]);
  });

  test("an endless object", async () => {
    const archive = await archiveOf([[{ name: "a" }, "a"]]);
    const refusal = fetchArchive(archive, { sent: Buffer.concat([archive, archive]) });
    await expect(refusal).rejects.toThrow(`it has more than ${archive.length} bytes`);
  });

  test("no archive at all", async () => {
    const text = Buffer.from("<html>not found</html>");
    await expect(fetchArchive(text)).rejects.toThrow("it cannot be unpacked");
    expect(await leftBehind()).toEqual([]);
  });
});

test("a download that fails is tried again, a deleted object is not", async () => {
  const archive = await archiveOf([[{ name: "a" }, "a"]]);
  let tries = 0;
  await fetchArchive(archive, {
    open: async () => {
      tries += 1;
      if (tries < 3) throw new Error("503 slow down");
      return Readable.from([archive]);
    },
  });
  expect(tries).toBe(3);

  await rm(tree(), { recursive: true });
  let asked = 0;
  const gone = fetchArchive(archive, {
    open: () => {
      asked += 1;
      return Promise.reject(Object.assign(new Error("gone"), { name: "NoSuchVersion" }));
    },
  });
  await expect(gone).rejects.toThrow("could not be downloaded from s3://artifacts/web/");
  expect(asked).toBe(1);
});

test("what a killed fetch left is removed by the next one, and gets into no release", async () => {
  const archive = await archiveOf([[{ name: "a" }, "a"]]);
  const { id } = aDeploy(1).release;
  const left = join(folder, "releases", `${unfinished}${id}`);
  await mkdir(join(left, "tree"), { recursive: true });
  await writeFile(join(left, "tree", "foreign"), "of another archive");
  await writeFile(join(left, "archive.tar.gz"), archive.subarray(0, 40));

  await fetchArchive(archive);

  expect(await leftBehind()).toEqual([id, `${id}.sha256`]);
  expect(await readdir(tree())).toEqual(["a"]);
});
