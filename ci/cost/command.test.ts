import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { grouped } from "./clusters.ts";
import { costs } from "./command.ts";
import { commonRules } from "./comparison.ts";

let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "shoestring-cost-"));
});
afterEach(() => rmSync(checkout, { recursive: true }));

function write(stack: string, content: object | string) {
  const path = join(checkout, "cdktf.out/stacks", stack, "cdk.tf.json");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
}

function run(...argv: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = costs(
    argv,
    checkout,
    (it) => out.push(it),
    (it) => err.push(it),
  );
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const network = { resource: { aws_vpc: { one: {} }, aws_nat_gateway: { a: {} } } };
const group = (type: string) => ({
  resource: {
    aws_launch_template: { web: { instance_type: type } },
    aws_autoscaling_group: {
      web: { min_size: 1, launch_template: { id: "${aws_launch_template.web.id}" } },
    },
  },
});

test("each cluster has a table with the common way beside it, and the account has a table of its own", () => {
  write("account", { resource: { aws_kms_key: { one: {} } } });
  write("staging", network);
  write("staging-config", group("t4g.small"));
  const { code, out } = run();
  expect(code).toBe(0);
  expect(out).toMatch(/^staging: 52\.74 USD a month, 44 % less than the common way$/m);
  expect(out).toMatch(/^ {2}NAT gateway +1 +37\.96 +2 +75\.92 +a; and 0\.052 USD/m);
  expect(out).toMatch(/^ {2}t4g\.small +1 +14\.02 +1 +14\.02 /m);
  expect(out).toMatch(/^account: 1\.00 USD a month$/m);
  expect(out.indexOf("account:")).toBeGreaterThan(out.indexOf("staging:"));
  for (const note of ["as of 2026-11", "from memory", ...commonRules]) expect(out).toContain(note);
  expect(existsSync(join(checkout, "out"))).toBe(false);
});

test("--json also writes the bills", () => {
  write("account", { resource: { aws_kms_key: { one: {} } } });
  write("staging", network);
  expect(run("--json").code).toBe(0);
  const document = JSON.parse(readFileSync(join(checkout, "out/cost.json"), "utf8"));
  expect(document).toMatchObject({
    asOf: "2026-11",
    clusters: [{ name: "staging", ours: { monthlyUsd: 37.96 } }],
    account: { monthlyUsd: 1 },
  });
});

test("a checkout without a synth is refused, and the error names the command", () => {
  const { code, out, err } = run();
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/^failed: .*nothing is synthesised.*\nunchanged: .*\nnext: npx cdktf synth$/);
});

test("a stack that is not JSON is named", () => {
  write("staging", "{");
  expect(run().err).toContain("failed: cdktf.out/stacks/staging/cdk.tf.json cannot be read");
});

test("a missing price is an error after the tables, and the rest is still printed and written", () => {
  write("staging", group("x9g.huge"));
  const { code, out, err } = run("--json");
  expect(code).toBe(1);
  expect(out).toMatch(/^ {2}x9g\.huge +1 +\? +1 +\? +no price/m);
  expect(out).toContain("nothing is compared");
  expect(err).toContain('staging: x9g.huge: no price: add "x9g.huge" to ci/cost/prices.ts');
  expect(existsSync(join(checkout, "out/cost.json"))).toBe(true);
});

test("an unknown option is wrong use", () => {
  expect(run("--yaml")).toMatchObject({
    code: 2,
    err: expect.stringContaining("usage: make cost"),
  });
});

test("a stack is a cluster's config only if the cluster is there", () => {
  const names = ["account", "app-config", "staging", "staging-config"];
  const groups = grouped(new Map(names.map((name) => [name, name])));
  expect(groups).toEqual([
    { name: "app-config", stacks: ["app-config"] },
    { name: "staging", stacks: ["staging", "staging-config"] },
    { name: "account", stacks: ["account"] },
  ]);
});
