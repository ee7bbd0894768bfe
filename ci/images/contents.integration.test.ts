import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inImage } from "../../local/testing/in-image.ts";
import { versions } from "../../tools/versions.ts";
import { parseContents } from "./sbom.ts";

const list = readFileSync(join(import.meta.dirname, "../../packer/list.sh"), "utf8");

test("an image lists its packages of Debian, Python and npm, and its programs", async () => {
  const planted = {
    "built/list.sh": list,
    "usr/local/lib/python3.13/dist-packages/a_module-2.0.dist-info/METADATA":
      "Metadata-Version: 2.1\nName: a-module\nVersion: 2.0\n",
    "opt/tool/node_modules/@a/package/package.json": '{"name":"@a/package","version":"1.2.3"}',
  };
  const { stdout, stderr } = await inImage(
    planted,
    "sh /built/list.sh && cat /run/shoestring-contents",
  );
  expect(stderr).toBe("");
  const found = parseContents(stdout);
  expect(found).toEqual(
    expect.arrayContaining([
      {
        kind: "deb",
        name: "nftables",
        version: expect.any(String),
        architecture: expect.any(String),
      },
      { kind: "pypi", name: "a-module", version: "2.0" },
      { kind: "npm", name: "@a/package", version: "1.2.3" },
      { kind: "program", name: "node", version: versions().node_version },
    ]),
  );
  expect(found.filter(({ kind }) => kind === "deb").length).toBeGreaterThan(100);
});
