import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { images } from "./command.ts";

let checkout = "";
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "shoestring-images-"));
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

/** The exit code, and what is printed and complained of. */
async function run(...argv: readonly string[]) {
  const lines: string[] = [];
  const take = (line: string) => void lines.push(line);
  return { code: await images(argv, checkout, take, take), text: lines.join("\n") };
}

test.each([[], ["build"], ["sbom"], ["check", "more"], ["variables", "--what"]])(
  "wrong use (%j) shows the commands, and changes nothing",
  async (...argv) => {
    expect(await run(...argv.flat())).toMatchObject({
      code: 2,
      text: expect.stringMatching(/^usage: npx tsx ci\/images\/main\.ts check\|variables\|sbom/),
    });
  },
);

test("a bill of materials of an image that was not built says where it would come from", async () => {
  const { code, text } = await run("sbom", "instance-arm64");
  expect(code).toBe(1);
  expect(text).toMatch(/there is no list of what instance-arm64 contains/);
  expect(text).toContain("packer/README.md");
});

test("a bill of materials has what the image listed, and its version", async () => {
  const folder = join(checkout, "out/images");
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write("variables.pkrvars.json", '{"version":"202612010830-0123456","debian_version":"13"}');
  write("consul-arm64.contents", '{"kind":"program","name":"consul","version":"1.22.7"}\n');

  const { code, text } = await run("sbom", "consul-arm64");

  expect([code, text]).toEqual([0, join(folder, "consul-arm64.cdx.json")]);
  expect(JSON.parse(readFileSync(text, "utf8"))).toMatchObject({
    metadata: { component: { name: "consul-arm64", version: "202612010830-0123456" } },
    components: [{ purl: "pkg:generic/consul@1.22.7" }],
  });
});
