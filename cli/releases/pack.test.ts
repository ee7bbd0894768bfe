import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import tar from "tar-stream";
import { afterEach, expect, test } from "vitest";
import { archiveLimits } from "../../protocol/archive.ts";
import { pack } from "./pack.ts";

const made: string[] = [];
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true });
});

/** A folder with a program in it. */
async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "shoestring-pack-"));
  made.push(folder);
  await mkdir(join(folder, "lib"));
  await writeFile(join(folder, "lib", "a.js"), "a");
  await writeFile(join(folder, "server.js"), "serve", { mode: 0o755 });
  return folder;
}

async function entriesOf(archive: Buffer): Promise<[string, string, number | undefined][]> {
  const entries: [string, string, number | undefined][] = [];
  for await (const entry of Readable.from([gunzipSync(archive)]).pipe(tar.extract())) {
    const { name, type, mode } = entry.header;
    entries.push([name, type ?? "", mode]);
    entry.resume();
  }
  return entries;
}

test("the same files give the same archive at any time and with any umask", async () => {
  const [one, two] = [await aFolder(), await aFolder()];
  await utimes(join(two, "server.js"), 1, 1);
  await chmod(join(two, "lib", "a.js"), 0o600);
  expect((await pack(two)).sha256).toBe((await pack(one)).sha256);
});

test("an archive contains every folder and file once, sorted", async () => {
  const folder = await aFolder();
  await symlink("lib", join(folder, "current"));
  await symlink(".", join(folder, "loop"));

  const { archive } = await pack(folder);

  expect(await entriesOf(archive)).toEqual([
    ["current", "symlink", 0o755],
    ["lib", "directory", 0o755],
    ["lib/a.js", "file", 0o644],
    ["loop", "symlink", 0o755],
    ["server.js", "file", 0o755],
  ]);
});

test.each([
  ["an absolute link", "/etc/passwd"],
  ["a link out of the folder", "../secret"],
  ["a link out through another folder", "lib/../../secret"],
])("%s is refused", async (_, target) => {
  const folder = await aFolder();
  await symlink(target, join(folder, "link"));
  await expect(pack(folder)).rejects.toMatchObject({
    happened: `link cannot be part of a release: it is a link that leaves the tree, or goes down and up again: it points to "${target}"`,
    unchanged: "nothing was uploaded",
  });
});

test("a link that leaves the folder over another link is refused", async () => {
  const folder = await aFolder();
  await mkdir(join(folder, "deep"));
  await symlink("..", join(folder, "deep", "up"));
  await symlink("deep/up/..", join(folder, "link"));
  await expect(pack(folder)).rejects.toThrow("link cannot be part of a release");
});

test.each([
  ["a file too deep", { depth: 1 }, "lib/a.js", "has a path of more than 1 names"],
  ["a name too long", { nameBytes: 8 }, "server.js", "has a name of more than 8 bytes"],
  ["a path too long", { pathBytes: 7 }, "lib/a.js", "is longer than 7 bytes"],
])("%s for an instance is refused before the upload", async (_, differs, name, why) => {
  await expect(pack(await aFolder(), { ...archiveLimits, ...differs })).rejects.toMatchObject({
    happened: `${name} cannot be part of a release: it ${why}`,
    unchanged: "nothing was uploaded",
  });
});

test("a link to a path too long for an instance is refused before the upload", async () => {
  const folder = await aFolder();
  await symlink("x".repeat(2049), join(folder, "link"));
  await expect(pack(folder)).rejects.toMatchObject({
    happened: "link cannot be part of a release: it is a link that points to no plain path",
    unchanged: "nothing was uploaded",
  });
});

test("a folder of a virtualenv is refused, and the next step installs without one", async () => {
  const folder = await aFolder();
  await mkdir(join(folder, ".venv", "bin"), { recursive: true });
  await writeFile(join(folder, ".venv", "pyvenv.cfg"), "home = /usr/bin\n");
  await symlink("python3", join(folder, ".venv", "bin", "python"));
  await symlink("/usr/bin/python3", join(folder, ".venv", "bin", "python3"));

  await expect(pack(folder)).rejects.toMatchObject({
    happened: expect.stringContaining(
      '.venv/bin/python3 cannot be part of a release: it is a link that leaves the tree, or goes down and up again: it points to "/usr/bin/python3"',
    ),
    unchanged: "nothing was uploaded",
    next: ".venv is a virtualenv, which works only where it was made; install without one: pip install --target DIR, and PYTHONPATH=DIR in the config",
  });
});

test("git's own folders are left out, so two checkouts of one commit give the same archive", async () => {
  const [one, two] = [await aFolder(), await aFolder()];
  for (const [folder, index] of [
    [one, "first clone"],
    [two, "second clone"],
  ] as const) {
    await mkdir(join(folder, ".git"));
    await writeFile(join(folder, ".git", "index"), index);
    await writeFile(join(folder, "lib", ".git"), `gitdir: ${folder}/.git/modules/lib\n`);
    await writeFile(join(folder, ".gitignore"), "out\n");
  }

  const packed = await pack(two);

  expect(packed.sha256).toBe((await pack(one)).sha256);
  expect((await entriesOf(packed.archive)).map(([name]) => name)).toEqual([
    ".gitignore",
    "lib",
    "lib/a.js",
    "server.js",
  ]);
});

test("a folder with nothing but a .git is empty", async () => {
  const folder = await mkdtemp(join(tmpdir(), "shoestring-pack-"));
  made.push(folder);
  await mkdir(join(folder, ".git"));
  await expect(pack(folder)).rejects.toThrow("it is empty");
});

test("an empty folder and a missing folder are refused", async () => {
  const folder = await mkdtemp(join(tmpdir(), "shoestring-pack-"));
  made.push(folder);
  await expect(pack(folder)).rejects.toThrow("it is empty");
  await expect(pack(join(folder, "none"))).rejects.toThrow("no folder that can be read");
});

test.each([
  ["no JSON", "{"],
  ["a command that is one text", '{"command": "node server.js"}'],
  ["a ping that is no path", '{"ping": "ping"}'],
  ["more than an agent reads", `{"padding": "${"x".repeat(64 * 1024)}"}`],
])(
  "a release.json that no instance could use is refused before the upload: %s",
  async (_, text) => {
    const folder = await aFolder();
    await writeFile(join(folder, "release.json"), text);
    await expect(pack(folder)).rejects.toThrow("release.json cannot be part of a release");
  },
);

test("a release.json that links to more than an agent reads is refused before the upload", async () => {
  const folder = await aFolder();
  await writeFile(join(folder, "large.json"), `{"padding": "${"x".repeat(64 * 1024)}"}`);
  await symlink("large.json", join(folder, "release.json"));
  await expect(pack(folder)).rejects.toThrow(
    "release.json cannot be part of a release: it has 65551 bytes, at most 65536 go",
  );
});

test("a folder that unpacks to too much is refused, and its largest file is named", async () => {
  const folder = await aFolder();
  await writeFile(join(folder, "zeros"), Buffer.alloc(20_000_000));
  await expect(pack(folder)).rejects.toThrow(
    "times its size, like a zip bomb; its largest file is zeros with 20000000 bytes",
  );
});
