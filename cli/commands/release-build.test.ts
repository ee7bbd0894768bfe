import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commandLine } from "../testing/command-line.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "shoestring-build-"));
  await writeFile(join(folder, "server.js"), "serve");
});
afterEach(() => rm(folder, { recursive: true }));

const commit = "c".repeat(40);
const build = (out: string, ...more: string[]) =>
  ["release", "build", folder, "--service", "web", "--commit", commit, "--out", out].concat(more);

test("a build writes the same archive as a push uploads, and asks neither Consul nor the bucket", async () => {
  const { shoestring, artifacts, consul } = commandLine();
  consul.away(true);
  const out = join(tmpdir(), `shoestring-${process.pid}.tar.gz`);

  const { code, out: output } = await shoestring(...build(out, "--sequence", "8", "--json"));

  expect(code).toBe(0);
  expect(await artifacts.list("")).toEqual([]);
  const archive = await readFile(out);
  await rm(out);
  const sha256 = createHash("sha256").update(archive).digest("hex");
  expect(JSON.parse(output)).toEqual({
    id: "web-8-ccccccc",
    service: "web",
    sequence: 8,
    commit,
    file: out,
    sha256,
    size: archive.length,
  });
  const push = ["release", "push", folder, "--service", "web", "--sequence", "8"];
  await shoestring(...push, "--commit", commit);
  expect(artifacts.object(`web/8-${commit}.tar.gz`)?.metadata.sha256).toBe(sha256);
});

test("a build to a file that cannot be written fails and names it", async () => {
  const { code, err } = await commandLine().shoestring(...build("/dev/null/web.tar.gz"));
  expect(code).toBe(1);
  expect(err).toContain("failed: /dev/null/web.tar.gz cannot be written");
});

test("a build whose archive would lie in the folder that it packs is refused, and writes nothing", async () => {
  for (const out of [join(folder, "web.tar.gz"), join(folder, "out", "web.tar.gz")]) {
    const { code, err } = await commandLine().shoestring(...build(out));
    expect(code).toBe(1);
    expect(err).toBe(
      [
        `failed: the archive would be written into ${folder}, which is packed: the next build would pack it, too`,
        "unchanged: nothing was written",
        "next: name a file outside with --out, like --out /tmp/release.tar.gz",
      ].join("\n"),
    );
  }
  expect(await readdir(folder)).toEqual(["server.js"]);
});
