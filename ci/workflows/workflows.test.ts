import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commands, ofOneStack } from "../review/commands/commands.ts";
import { applyFaults, rules } from "./rules.ts";
import { workflowOf, workflows } from "./workflows.ts";

const all = workflows();
const named = (file: string) => all.find((it) => it.file === file) ?? workflowOf(file, "jobs: {}");

test("the workflows of a review exist", () => {
  expect(all.map(({ file }) => file)).toEqual(
    expect.arrayContaining(["apply.yml", "ci.yml", "drift.yml", "plan.yml"]),
  );
});

test.each(Object.keys(rules))("%s", (rule) => {
  expect(all.flatMap((it) => rules[rule]?.(it) ?? [])).toEqual([]);
});

test("only the job that applies has the role, and it waits in the protected environment's queue", () => {
  expect(all.flatMap(applyFaults)).toEqual([]);
  const withRole = all.flatMap(({ file, jobs }) =>
    Object.entries(jobs)
      .filter(([, job]) => JSON.stringify(job).includes("APPLY_ROLE_ARN"))
      .map(([name]) => `${file} ${name}`),
  );
  expect(withRole).toEqual(["apply.yml apply"]);
});

test("a fork's pull request is compared, and gets neither a role nor a token that writes", () => {
  const { jobs } = named("plan.yml");
  const needs = Object.entries(jobs).filter(([, job]) =>
    Object.values(job.permissions ?? {}).includes("write"),
  );
  expect(needs.map(([name]) => name).sort()).toEqual(["comment", "plan"]);
  for (const [, job] of needs) {
    expect((job as { if?: string }).if).toContain(
      "github.event.pull_request.head.repo.full_name == github.repository",
    );
  }
  expect(jobs.compare?.permissions).toEqual({ contents: "read" });
});

test("plans, applies and tests use the same version of terraform", () => {
  const ours = /const version = "(.+)"/.exec(
    readFileSync(join(import.meta.dirname, "../../tools/terraform.ts"), "utf8"),
  )?.[1];
  const used = all.flatMap(({ text }) =>
    [...text.matchAll(/terraform_version: (\S+)/g)].map(([, version]) => version),
  );
  expect(new Set(used)).toEqual(new Set([ours]));
});

test("the workflows run exactly the commands that exist", () => {
  const run = all.flatMap(({ text }) =>
    [...text.matchAll(/ci\/review\/main\.ts ([\w-]+)( "\$STACK")?/g)].map(
      ([, name = "", stack]) => [name, stack !== undefined] as const,
    ),
  );
  expect(new Set(run.map(([name]) => name))).toEqual(new Set(Object.keys(commands)));
  for (const [name, hasStack] of run)
    expect([name, hasStack]).toEqual([name, ofOneStack.has(name)]);
});

const faulty = `
on: pull_request_target
jobs:
  one:
    permissions:
      contents: write
    steps:
      - uses: actions/checkout@v7
      - run: echo \${{ github.event.pull_request.title }}
      - run: a && b
  apply:
    concurrency: { group: all }
    steps:
      - uses: hashicorp/setup-terraform@v4
      - uses: a/b@3d3c42e5aac5ba805825da76410c181273ba90b1 # v1.0.0
      - uses: a/b@820762786026740c76f36085b0efc47a31fe5020 # v1.0.0
        with:
          role-to-assume: \${{ vars.APPLY_ROLE_ARN }}
          key: \${{ secrets.AWS_SECRET_ACCESS_KEY }}
`;

test.each(Object.keys(rules))("a workflow that breaks a rule is found: %s", (rule) => {
  expect(rules[rule]?.(workflowOf("faulty.yml", faulty))).not.toEqual([]);
});

test("an apply outside of its environment is found", () => {
  expect(applyFaults(workflowOf("faulty.yml", faulty))).toHaveLength(2);
});
