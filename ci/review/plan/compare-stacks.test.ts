import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { comparison, comparisonPage } from "../comment/comparison.ts";
import { compareStacks } from "./compare-stacks.ts";
import { readStacks, type StackConfig } from "./stack-contents.ts";

const folder = mkdtempSync(join(tmpdir(), "shoestring-compare-"));
afterAll(() => rmSync(folder, { recursive: true }));

const stacks = (all: Record<string, StackConfig>) =>
  new Map(Object.entries(all).map(([name, config]) => [name, { config, files: {} }]));
const runners = { hosted: "ubuntu-24.04", insideOf: [], does: "plan" } as const;

test("only stacks that differ are listed, with the addresses that differ", () => {
  const base = stacks({
    same: { resource: { a: { b: { x: 1 } } } },
    differs: { resource: { aws_vpc: { goes: {}, stays: {}, changes: { cidr: "1" } } } },
    gone: {},
  });
  const head = stacks({
    same: { resource: { a: { b: { x: 1 } } } },
    differs: {
      resource: { aws_vpc: { stays: {}, changes: { cidr: "2" }, comes: {} } },
      provider: { aws: [] },
    },
    fresh: { data: { aws_ami: { one: {} } } },
  });
  expect(compareStacks(base, head)).toEqual([
    {
      stack: "differs",
      how: "changed",
      added: ["aws_vpc.comes"],
      changed: ["aws_vpc.changes"],
      removed: ["aws_vpc.goes"],
      parts: ["provider"],
    },
    {
      stack: "fresh",
      how: "added",
      added: ["data.aws_ami.one"],
      changed: [],
      removed: [],
      parts: [],
    },
    { stack: "gone", how: "removed", added: [], changed: [], removed: [], parts: [] },
  ]);
});

test("another order of keys is no difference", () => {
  const at = (value: object) => stacks({ one: { resource: { a: { b: value } } } });
  expect(compareStacks(at({ x: 1, y: 2 }), at({ y: 2, x: 1 }))).toEqual([]);
});

/** A synthesised checkout whose function's zip has these bytes. */
function checkout(name: string, zip: string, metadata: string): string {
  const outdir = join(folder, name, "cdktf.out");
  mkdirSync(join(outdir, "stacks", "dev"), { recursive: true });
  writeFileSync(join(folder, name, "announce.zip"), zip);
  const hash = '${filebase64sha256("../../../announce.zip")}';
  const resource = { aws_lambda_function: { announce: { source_code_hash: hash } } };
  const config = { "//": { metadata }, resource };
  writeFileSync(join(outdir, "stacks", "dev", "cdk.tf.json"), JSON.stringify(config));
  return outdir;
}

test("a function whose code changed has changed, though its stack's JSON is the same", () => {
  const base = readStacks(checkout("base", "old", "0.21.0"));
  expect(compareStacks(base, readStacks(checkout("same", "old", "0.24.0")))).toEqual([]);
  expect(compareStacks(base, readStacks(checkout("other", "new", "0.21.0")))).toMatchObject([
    { stack: "dev", changed: ["aws_lambda_function.announce"] },
  ]);
});

test("a checkout without a synth is refused, and the error names the command", () => {
  expect(() => readStacks(join(folder, "none"))).toThrow("Next: npx cdktf synth");
});

const aws = (account: string) => ({ provider: { aws: [{ allowed_account_ids: [account] }] } });
const ours = stacks({
  account: aws("1"),
  staging: aws("1"),
  "staging-config": {},
  local: aws("0"),
  "local-config": {},
});

test("a stack that no workflow can plan is listed with the next step", () => {
  const { plan, left } = comparison(stacks({}), ours, runners);
  expect(plan).toEqual([
    { stack: "account", runner: "ubuntu-24.04" },
    { stack: "staging", runner: "ubuntu-24.04" },
  ]);
  expect(left.map(({ stack, why }) => `${stack}: ${why}`)).toEqual([
    "local: it is of no account of ours: only the local region has it",
    "local-config: it is of no account of ours: only the local region has it",
    "staging-config: its Consul answers only inside the network, and no runner is there; plan it from inside: npx cdktf plan staging-config",
  ]);
});

test("a runner inside the network applies that cluster's config, and an administrator applies the account", () => {
  const does = { hosted: "h", insideOf: ["staging"], does: "apply" } as const;
  const { plan, left } = comparison(stacks({}), ours, does);
  expect(plan).toContainEqual({
    stack: "staging-config",
    runner: ["self-hosted", "consul-apply-staging"],
  });
  expect(left[0]).toMatchObject({
    stack: "account",
    why: expect.stringContaining("administrator"),
  });
});

test("a stack whose code is unchanged is planned when it is asked for", () => {
  const { plan, changed } = comparison(ours, ours, runners, ["staging", "unknown"]);
  expect(changed).toEqual([]);
  expect(plan.map(({ stack }) => stack)).toEqual(["staging"]);
});

test("the page has the list of stacks and its costs", () => {
  const group = {
    aws_launch_template: { web: { instance_type: "t4g.small" } },
    aws_autoscaling_group: {
      web: { min_size: 2, launch_template: { id: "${aws_launch_template.web.id}" } },
    },
  };
  const head = stacks({ dev: { ...aws("1"), resource: group } });
  const page = comparisonPage(comparison(stacks({ dev: aws("1") }), head, runners));
  expect(page).toContain("### Stacks whose code changes: `dev`");
  expect(page).toContain("+ aws_autoscaling_group.web");
  expect(page).toContain("- dev: adds 2 × t4g.small: +");
});
