import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "vitest";
import { account } from "../../clusters/account.ts";
import { noPacker, packerVersion } from "../../tools/packer.ts";
import { versions } from "../../tools/versions.ts";
import { validate } from "./validate.ts";
import { imageVariables } from "./variables.ts";

const checkout = join(import.meta.dirname, "../..");
let copy = "";
/** Why the tests are skipped: Debian 13 has no packer. */
let missing: string | undefined;
beforeAll(async () => {
  if ((await packerVersion()) !== undefined) return;
  missing = `SKIPPED: ${noPacker().message}`;
  console.warn(missing);
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

/** Templates in which a text stands in place of another. */
function templates(name = "", from = "", to = ""): string {
  copy = mkdtempSync(join(tmpdir(), "shoestring-templates-"));
  for (const folder of ["packer", "ansible"])
    cpSync(join(checkout, folder), join(copy, folder), { recursive: true });
  if (name === "") return copy;
  const path = join(copy, "packer", name);
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
  return copy;
}

const variables = imageVariables({
  ...{ account, clusters: [], commit: "0".repeat(40), at: new Date(0), playbookHash: "0" },
  ...{ versions: versions(), agentBundle: "/agent" },
});

test("Packer finds nothing wrong in the templates", async ({ skip }) => {
  skip(missing !== undefined, missing);
  expect(await validate(templates(), variables)).toMatch(/^1\./);
});

test.for<[string, Parameters<typeof templates>, object, RegExp]>([
  [
    "an argument that does not exist",
    ["source.pkr.hcl", "ssh_username", "ssh_usernams"],
    {},
    /packer validate failed.*ssh_usernams/s,
  ],
  [
    "another account without a key for it",
    [],
    { share_with_accounts: ["222222222222"] },
    /Cannot share AMI encrypted with default KMS key/,
  ],
  ["a playbook that is not there", ["consul.pkr.hcl", "ansible/consul.yml", "x.yml"], {}, /x\.yml/],
  ["a variable without a value", [], { region: undefined }, /region/],
  [
    "another format",
    ["source.pkr.hcl", 'ssh_username = "admin"', 'ssh_username="admin"'],
    {},
    /packer fmt failed.*ssh_username/s,
  ],
])("%s is found", async ([, mistake, differs, says], { skip }) => {
  skip(missing !== undefined, missing);
  const found = validate(templates(...mistake), { ...variables, ...differs });
  await expect(found).rejects.toThrow(says);
});
