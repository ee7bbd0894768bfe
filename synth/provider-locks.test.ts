import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lockFileName } from "../terraform/terraform.ts";
import { lockedIn, placeLocks, removeLocks } from "./provider-locks.ts";

/** As Terraform writes it. */
const block = (provider: string, version: string) => `provider "registry.example.org/${provider}" {
  version     = "${version}"
  constraints = "${version}"
  hashes = [
    "h1:${provider}-${version}=",
    "zh:0123",
  ]
}`;

/** A checkout with these blocks in its lock, if any, and two synthesised stacks. */
function aCheckout(...locked: string[]) {
  const checkout = mkdtempSync(join(tmpdir(), "shoestring-locks-"));
  onTestFinished(() => rmSync(checkout, { recursive: true }));
  const stack = (name: string, source: string, version: string) => {
    const folder = join(checkout, "out", "stacks", name);
    mkdirSync(folder, { recursive: true });
    const terraform = { required_providers: { one: { source, version } } };
    writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify({ terraform }));
  };
  stack("staging", "aws", "6.25.0");
  stack("staging-config", "hashicorp/consul", "2.22.1");
  const text = `# Maintained by "terraform init".\n\n${locked.join("\n\n")}\n`;
  if (locked.length > 0) writeFileSync(join(checkout, lockFileName), text);
  const outdir = join(checkout, "out");
  const lock = (name: string) => join(outdir, "stacks", name, lockFileName);
  return {
    place: () => placeLocks(outdir, checkout),
    remove: () => removeLocks(outdir),
    lock,
    read: (name: string) => (existsSync(lock(name)) ? readFileSync(lock(name), "utf8") : undefined),
  };
}

const aws = block("hashicorp/aws", "6.25.0");
const consul = block("hashicorp/consul", "2.22.1");

test("each stack gets the lock of its own providers, unchanged", () => {
  const { place, read } = aCheckout(aws, consul);
  place();
  expect(lockedIn(read("staging") ?? "")).toEqual([
    { provider: "hashicorp/aws", version: "6.25.0", text: aws },
  ]);
  expect(lockedIn(read("staging-config") ?? "").map(({ text }) => text)).toEqual([consul]);
});

test.each([
  ["another version", [block("hashicorp/aws", "6.24.0"), consul], "has hashicorp/aws 6.24.0"],
  ["none of it", [consul], "has no hashicorp/aws"],
  ["a namesake's", [block("evil/aws", "6.25.0"), consul], "has no hashicorp/aws"],
])("a lock with %s stops the synth, and the error says how to go on", (_, locked, has) => {
  const { place } = aCheckout(...locked);
  expect(place).toThrow(
    expect.objectContaining({
      happened: `.terraform.lock.hcl ${has}, and the stack staging needs 6.25.0`,
      next: "make locks, then review and commit what it changed",
    }),
  );
});

test("without a committed lock, Terraform's own lock beside a stack stays", () => {
  const { place, remove, lock, read } = aCheckout();
  writeFileSync(lock("staging"), "Terraform's own");
  place();
  remove();
  expect([read("staging"), read("staging-config")]).toEqual(["Terraform's own", undefined]);
});

test("for simulated providers, the synth's lock is removed", () => {
  const { place, remove, read } = aCheckout(aws, consul);
  place();
  remove();
  expect([read("staging"), read("staging-config")]).toEqual([undefined, undefined]);
});
