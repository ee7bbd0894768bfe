import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { acceptedReplacements } from "./accepted.ts";
import { outdated, unknown } from "./finding.ts";
import { ensurePrograms, type Programs } from "./programs.ts";
import { providerFacts } from "./provider-facts.ts";
import { judgeReplacement } from "./referee.ts";
import type { ProviderFacts } from "./replacement.ts";

const region = "eu-central-1";
let programs: Programs;
let facts: Map<string, ProviderFacts>;
beforeAll(async () => {
  programs = await ensurePrograms(console.log);
  const addresses = readFileSync(new URL("../stacks/addresses.txt", import.meta.url), "utf8");
  facts = providerFacts(
    new Set([...addresses.matchAll(/^\S+ (aws_\w+)\./gm)].map(([, it = ""]) => it)),
  );
});

test("what replaces an object at CloudFormation does so at the simulated provider, but for a reason", () => {
  const findings = judgeReplacement(facts, region, programs);
  expect(unknown(findings, acceptedReplacements)).toEqual([]);
  expect(outdated(findings, acceptedReplacements)).toEqual([]);
});

test.each([
  ["aws_lb", "name"],
  ["aws_autoscaling_group", "name"],
  ["aws_subnet", "cidr_block"],
  ["aws_db_instance", "username"],
  ["aws_lb_target_group", "port"],
])("%s: a fact that lacks %s is found", (type, arg) => {
  const known = facts.get(type) as ProviderFacts;
  const replacing = new Set([...known.replacing].filter((it) => it !== arg));
  const findings = judgeReplacement(new Map([[type, { ...known, replacing }]]), region, programs);
  expect(unknown(findings, acceptedReplacements)).toEqual([
    expect.stringContaining(`only-aws-replaces ${type}.${arg}: AWS makes a new object`),
  ]);
});
