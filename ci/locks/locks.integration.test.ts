import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installProviders } from "../../local/simulated-provider/install.ts";
import { lockedIn, placeLocks } from "../../synth/provider-locks.ts";
import { lockFileName, type Terraform, terraformBy } from "../../terraform/terraform.ts";
import { cacheDir } from "../../tools/cache.ts";
import { ensureTerraform } from "../../tools/terraform.ts";
import { makeLock } from "./make-lock.ts";

/** The real terraform locks the simulated providers, from a folder in place of a registry. */
const checkout = mkdtempSync(join(tmpdir(), "shoestring-locks-"));
const committed = join(checkout, lockFileName);
const outdir = join(checkout, "out");
const folder = (stack: string) => join(outdir, "stacks", stack);
const stacks = {
  staging: { aws: { source: "aws", version: "6.25.0" } },
  "staging-config": { consul: { source: "consul", version: "2.22.1" } },
};
const text = (required_providers: object) => JSON.stringify({ terraform: { required_providers } });

let terraform: Terraform;
let make: (platform?: string) => Promise<void>;
beforeAll(async () => {
  const [program, { cliConfigFile, env }] = await Promise.all([
    ensureTerraform(),
    installProviders(join(cacheDir(), "terraform")),
  ]);
  terraform = terraformBy(program, env);
  const { stdout } = await promisify(execFile)(program, ["version", "-json"]);
  const { platform } = JSON.parse(stdout) as { platform: string };
  const options = [`-fs-mirror=${join(dirname(cliConfigFile), "mirror")}`];
  const texts = Object.values(stacks).map(text);
  make = (on = platform) =>
    makeLock({ program, stacks: texts, checkout, platforms: [on], options });
  for (const [stack, required] of Object.entries(stacks)) {
    mkdirSync(folder(stack), { recursive: true });
    writeFileSync(join(folder(stack), "cdk.tf.json"), text(required));
  }
});
afterAll(() => rmSync(checkout, { recursive: true }));

test("one lock has the providers of all stacks, and init accepts it for each stack", async () => {
  await make();
  const locked = lockedIn(readFileSync(committed, "utf8"));
  expect(locked.map(({ provider, version }) => `${provider} ${version}`)).toEqual([
    "hashicorp/aws 6.25.0",
    "hashicorp/consul 2.22.1",
  ]);
  placeLocks(outdir, checkout);
  for (const stack of Object.keys(stacks)) {
    const placed = readFileSync(join(folder(stack), lockFileName), "utf8");
    await terraform.init(folder(stack));
    expect(readFileSync(join(folder(stack), lockFileName), "utf8")).toBe(placed);
  }
});

test("a provider that differs from the locked one is refused, and make locks shows the difference", async () => {
  const made = readFileSync(committed, "utf8");
  const other = readFileSync(committed, "utf8").replaceAll(/"h1:.{4}/g, '"h1:AAAA');
  writeFileSync(committed, other);
  placeLocks(outdir, checkout);
  await expect(terraform.init(folder("staging"))).rejects.toThrow(/checksum/);
  await make();
  expect(readFileSync(committed, "utf8")).toBe(made);
});

test("a failed make locks leaves the lock as it was", async () => {
  const made = readFileSync(committed, "utf8");
  await expect(make("plan9_mips")).rejects.toMatchObject({
    unchanged: `${lockFileName} is as it was`,
  });
  expect(readFileSync(committed, "utf8")).toBe(made);
});

test("a simulated shell makes no lock", async () => {
  const ran = promisify(execFile)("npx", ["tsx", "ci/locks/main.ts"], {
    cwd: join(import.meta.dirname, "../.."),
    env: { ...process.env, SHOESTRING_SIMULATED: "1" },
  });
  await expect(ran).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("next: run make locks in another shell"),
  });
});
