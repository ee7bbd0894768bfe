import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import tar, { type Header } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { markerName } from "../../protocol/archive.ts";
import { aDeploy } from "../testing/builders.ts";
import { fetchRelease, unfinished } from "./fetch.ts";
import { defaultLimits } from "./limits.ts";
import { unpack } from "./unpack.ts";

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

/** Fetches an archive as the agent does, with the lies that a test needs. */
function fetchArchive(
  archive: Buffer,
  lies: {
    sha256?: string;
    size?: number;
    sent?: Buffer;
    open?: () => Promise<Readable>;
    isInUse?: boolean;
  } = {},
  limits = defaultLimits,
) {
  const sha256 = createHash("sha256").update(archive).digest("hex");
  const { sha256: claimed = sha256, size = archive.length, sent = archive } = lies;
  const release = { ...aDeploy(1).release, sha256: claimed, size };
  return fetchRelease({
    release,
    releasesFolder: join(folder, "releases"),
    isInUse: lies.isInUse ?? false,
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
  expect(await leftBehind()).toEqual([aDeploy(1).release.id]);
});

/** A path of so many bytes, in names that are short enough. */
const pathOf = (bytes: number) => {
  const folders = `${"p".repeat(199)}/`.repeat(Math.floor(bytes / 200));
  return `${folders}${"p".repeat(bytes - folders.length)}`;
};

describe("a hostile archive changes nothing and is named", () => {
  test.each<[string, readonly Entry[], string]>([
    ["a path with ..", [[{ name: "a/../../x" }, "x"]], '"a/../../x" has ".." in its path'],
    ["an absolute path", [[{ name: "/etc/x" }, "x"]], '"/etc/x" is an absolute path'],
    [
      "a link that leaves the tree",
      [[{ name: "a/l", type: "symlink", linkname: "../../x" }]],
      '"a/l" is a link that leaves the tree',
    ],
    [
      "an absolute link",
      [[{ name: "l", type: "symlink", linkname: "/etc" }]],
      '"l" is a link that leaves the tree, or goes down and up again: it points to "/etc"',
    ],
    [
      "a link that climbs behind another link",
      [
        [{ name: "d/", type: "directory" }],
        [{ name: "e/f/", type: "directory" }],
        [{ name: "d/up", type: "symlink", linkname: "../e/f" }],
        [{ name: "out", type: "symlink", linkname: "d/up/../../.." }],
      ],
      '"out" is a link that leaves the tree',
    ],
    [
      "a file written through a link",
      [[{ name: "l", type: "symlink", linkname: "d" }], [{ name: "l/x" }, "x"]],
      '"l/x" is written through the link "l"',
    ],
    [
      "a path of 65 names",
      [[{ name: `${"d/".repeat(64)}f` }, "x"]],
      "has a path of more than 64 names",
    ],
    [
      "a name of 256 bytes",
      [[{ name: "é".repeat(128) }, "x"]],
      "has a name of more than 255 bytes",
    ],
    ["a path of 2049 bytes", [[{ name: pathOf(2049) }, "x"]], "is longer than 2048 bytes"],
    [
      "a link to a path of 2049 bytes",
      [[{ name: "l", type: "symlink", linkname: pathOf(2049) }]],
      '"l" is a link that points to no plain path',
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

test("an archive whose depth, names, paths and links have the longest allowed length is unpacked", async () => {
  const deep = `${"d/".repeat(63)}f`;
  const archive = await archiveOf([
    [{ name: deep }, "deep"],
    [{ name: "n".repeat(255) }, "a name"],
    [{ name: pathOf(2048) }, "a path"],
    [{ name: "l", type: "symlink", linkname: pathOf(2048) }],
  ]);

  await fetchArchive(archive);

  expect(await readFile(join(tree(), deep), "utf8")).toBe("deep");
  expect(await readFile(join(tree(), "n".repeat(255)), "utf8")).toBe("a name");
  expect(await readFile(join(tree(), "l"), "utf8")).toBe("a path");
});

test("a 10 GB zip bomb is refused before anything of it is written", async () => {
  // The first part is enough: the size in the header decides.
  const chunks: Buffer[] = [];
  const pack = tar.pack();
  pack.on("data", (chunk) => chunks.push(chunk as Buffer));
  pack.entry({ name: "zeros", size: 10 * 1024 ** 3 }).write(Buffer.alloc(1024 * 1024));
  const bomb = gzipSync(await untilQuiet(chunks));

  await expect(fetchArchive(bomb)).rejects.toThrow("like a zip bomb");

  expect(await leftBehind()).toEqual([]);
});

test("folders that names only imply count as entries", async () => {
  const deep = [1, 2, 3, 4].map((i) => [{ name: `${i}/${"a/".repeat(30)}f` }, "x"] as const);

  await expect(
    fetchArchive(await archiveOf(deep), {}, { ...defaultLimits, entries: 100 }),
  ).rejects.toThrow("more than 100 entries");
  await expect(fetchArchive(await archiveOf(deep))).resolves.toBeUndefined();
});

test("a bomb in the content of a link or after the end of an archive is refused", async () => {
  const link = await linkThatCarries(8 * 1024 ** 2);
  const one = await archiveOf([[{ name: "f" }, "x"]]);
  const followed = Buffer.concat([one, gzipSync(Buffer.alloc(64 * 1024 ** 2))]);

  await expect(fetchArchive(link)).rejects.toThrow('"l" is a link that carries 8388608 bytes');
  await expect(fetchArchive(followed)).rejects.toThrow("like a zip bomb");
  expect(await leftBehind()).toEqual([]);
});

/** tar-stream writes no content for a link, so this changes the type in the header of a file. */
async function linkThatCarries(size: number): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name: "l", size: 0 }, "");
  pack.finalize();
  const header = Buffer.from((await buffer(pack)).subarray(0, 512));
  header.write(`${size.toString(8).padStart(11, "0")} `, 124);
  header.write("2target", 156);
  header.fill(" ", 148, 156);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return gzipSync(Buffer.concat([header, Buffer.alloc(size + 1024)]));
}

test("unpacking ends before it uses the reserve, when other programs fill the disk", async () => {
  // Random content does not compress, so it does not count as a bomb.
  const packed = await archiveOf([
    [{ name: "big" }, randomBytes(30 * 1024 ** 2).toString("base64")],
  ]);
  await mkdir(join(folder, "tree"));
  await writeFile(join(folder, "archive"), packed);
  let free = defaultLimits.reserveBytes + 20 * 1024 ** 2;

  const unpacking = unpack({
    archive: join(folder, "archive"),
    archiveBytes: packed.length,
    into: join(folder, "tree"),
    limits: defaultLimits,
    freeBytes: async () => {
      free -= 10 * 1024 ** 2;
      return free;
    },
  });

  await expect(unpacking).rejects.toThrow("the disk has no room for it");
  expect((await stat(join(folder, "tree", "big"))).size).toBeLessThan(30 * 1024 ** 2);
});

/** The bytes that a stream gave until it waited for more. */
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

test("a release that the disk has no room for is refused before the download", async () => {
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

describe("an archive that is not the one of the deploy is not unpacked", () => {
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

test("the next fetch removes what a killed one left, and none of it gets into a release", async () => {
  const archive = await archiveOf([[{ name: "a" }, "a"]]);
  const { id } = aDeploy(1).release;
  const left = join(folder, "releases", `${unfinished}${id}`);
  await mkdir(join(left, "tree"), { recursive: true });
  await writeFile(join(left, "tree", "foreign"), "of another archive");
  await writeFile(join(left, "archive.tar.gz"), archive.subarray(0, 40));

  await fetchArchive(archive);

  expect(await leftBehind()).toEqual([id]);
  expect(await readdir(tree())).toEqual([markerName, "a"]);
});

test("a release without its marker is replaced, unless a process serves it", async () => {
  const archive = await archiveOf([[{ name: "a" }, "a"]]);
  await fetchArchive(archive);
  await rm(join(tree(), markerName));
  const before = (await stat(tree())).ino;

  await fetchArchive(archive, { isInUse: true });
  expect((await stat(tree())).ino).toBe(before);
  expect(await readdir(tree())).toEqual([markerName, "a"]);

  await rm(join(tree(), markerName));
  await chmod(join(tree(), "a"), 0o644);
  await writeFile(join(tree(), "a"), "changed by hand");
  await expect(fetchArchive(archive, { isInUse: true })).rejects.toThrow("is in use here");
  expect(await readFile(join(tree(), "a"), "utf8")).toBe("changed by hand");

  await fetchArchive(archive);
  expect(await readFile(join(tree(), "a"), "utf8")).toBe("a");
  expect(await leftBehind()).toEqual([aDeploy(1).release.id]);
});
