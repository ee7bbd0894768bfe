import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Download, downloadRelease, Unreachable } from "./hashicorp.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "shoestring-tools-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const zip = Buffer.from(
  zipSync({ consul: Buffer.from("a program"), "LICENSE.txt": Buffer.from("") }),
);
const archive = `consul_1.2.3_linux_${process.arch === "arm64" ? "arm64" : "amd64"}.zip`;
const sumOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const site =
  (sums: string, asked: string[] = []): Download =>
  async (url) => {
    asked.push(url.slice(url.lastIndexOf("/") + 1));
    return url.endsWith("SHA256SUMS") ? Buffer.from(sums) : zip;
  };

test("a program whose archive matches its published checksum can be run", async () => {
  const path = join(folder, "consul");
  await downloadRelease("consul", "1.2.3", path, site(`${sumOf(zip)}  ${archive}\n`));
  expect(readFileSync(path, "utf8")).toBe("a program");
  expect(statSync(path).mode & 0o777).toBe(0o755);
});

test.each([
  ["that has another checksum", `${"0".repeat(64)}  ${archive}\n`, "its SHA-256 is"],
  ["that has no checksum", `${sumOf(zip)}  another.zip\n`, "not published"],
])("an archive %s is not used", async (_, sums, why) => {
  const path = join(folder, "refused");
  await expect(downloadRelease("consul", "1.2.3", path, site(sums))).rejects.toThrow(why);
  expect(existsSync(path)).toBe(false);
});

test("an unreachable site gets one request, for the small file", async () => {
  const asked: string[] = [];
  const away: Download = async (url) => {
    asked.push(url);
    throw new Unreachable(url);
  };
  const trying = downloadRelease("consul", "1.2.3", join(folder, "away"), away);
  await expect(trying).rejects.toBeInstanceOf(Unreachable);
  expect(asked).toHaveLength(1);
});
