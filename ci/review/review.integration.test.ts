import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dev } from "../../clusters/dev.ts";
import type { Cluster } from "../../modules/cluster/index.ts";
import { lockFileName } from "../../terraform/terraform.ts";
import { commit, pull, type WorkflowHarness, workflowHarness } from "./testing/workflow-harness.ts";

/**
 * The tests go in order from a pull request to its apply, with the real terraform on simulated
 * providers. The harness does what only GitHub can do (runners, environments, artifacts).
 */
let harness: WorkflowHarness;
beforeAll(async () => {
  harness = await workflowHarness();
});
afterAll(() => harness.stop());

/** dev with this many variables, which only the stack dev-config has. */
const withVariables = (count: number): Cluster => ({
  ...dev,
  config: Object.fromEntries([...Array(count).keys()].map((n) => [`VARIABLE_${n}`, "1"])),
});

/** Does plan.yml's steps for a pull request. @returns the planned stacks. */
async function planned(cluster: Cluster): Promise<string[]> {
  harness.synthesise(cluster);
  const { outputs } = await harness.step("compare");
  harness.carry("comparison");
  const stacks = (JSON.parse(outputs.stacks ?? "[]") as { stack: string }[]).map((it) => it.stack);
  for (const stack of stacks) {
    expect((await harness.step("plan", stack)).isGood, harness.printed.join("\n")).toBe(true);
    harness.carry(`plan-${stack}`);
  }
  await harness.step("comment");
  return stacks;
}

function open(): void {
  harness.repository.pulls.set(pull, {
    number: pull,
    title: "a change",
    body: "",
    state: "open",
    merged_at: null,
    merge_commit_sha: null,
    head: { ref: "change", sha: commit.head, label: "acme:change" },
    base: { ref: "main" },
    labels: [],
    html_url: "",
  });
}

/** Merges the pull request in GitHub's double; its run saved plans of these stacks. */
function merge(stacks: readonly string[], labels: readonly string[] = []): void {
  const { pulls, runs, artifacts } = harness.repository;
  const merged = { state: "closed", merged_at: "2026-11-21T12:00:00Z" } as const;
  Object.assign(pulls.get(pull) ?? {}, merged, {
    merge_commit_sha: commit.merge,
    labels: labels.map((name) => ({ name })),
  });
  const id = 1000 + runs.length;
  runs.push({
    id,
    path: ".github/workflows/plan.yml",
    event: "pull_request",
    status: "completed",
    conclusion: "success",
    head_branch: "change",
    head_sha: commit.head,
    head_repository: { full_name: "acme/infra" },
    run_number: id,
    html_url: "",
  });
  artifacts.set(
    id,
    stacks.map((stack, at) => ({ id: id * 100 + at, name: `plan-${stack}`, expired: false })),
  );
}

/** Does apply.yml's steps. @returns the comment in the pull request. */
async function applied(): Promise<string> {
  const { outputs } = await harness.step("find");
  const env = { STACKS: outputs.stacks ?? "", LEFT: outputs.left ?? "" };
  const stacks = (JSON.parse(env.STACKS) as { stack: string }[]).map((it) => it.stack);
  for (const it of ["check", ...stacks]) harness.forget(`outcome-${it}`);
  const { isGood } = await harness.step("check", "", env);
  harness.carry("outcome-check");
  for (const stack of isGood ? stacks : []) {
    await harness.step("apply", stack);
    harness.carry(`outcome-${stack}`);
  }
  await harness.step("applied", "", env);
  return [...harness.repository.comments.values()].at(-1)?.body ?? "";
}

const comments = (purpose: string) =>
  [...harness.repository.comments.values()].filter(({ body }) =>
    body.startsWith(`<!-- shoestring:${purpose}`),
  );

test("one comment has the whole plan, and a merge applies exactly that plan", async () => {
  open();
  harness.synthesise({ ...withVariables(1), cidr: "10.45.0.0/20" });
  const stacks = await planned(dev);
  expect(stacks).toEqual(["dev", "dev-config"]);
  expect(comments("plan")[0]?.body).toMatch(/<b>dev<\/b>: \d+ to create/);
  merge(stacks);
  expect(await applied()).toMatch(
    /### Applied: 2 stacks\n\n- \*\*dev\*\*: \d+ to create\n- \*\*dev-config\*\*: \d+ to create/,
  );
}, 300_000);

test("a commit that no pull request made applies nothing", async () => {
  const { outputs } = await harness.step("find", "", { GITHUB_SHA: "c".repeat(40) });
  expect(outputs.stacks).toBe("[]");
});

test("the next plan replaces that comment, and has only the new changes", async () => {
  expect(await planned(withVariables(6))).toEqual(["dev-config"]);
  const [comment, ...more] = comments("plan");
  expect(more).toEqual([]);
  expect(comment?.body).toContain("### Plan: 6 to create\n");
  expect(comment?.body).toContain("+ consul_keys.config_variable-global-VARIABLE_5_");
  expect(comment?.body).toContain("Other stacks: 2 with the same code as before.");
});

test("a plan whose state has changed is refused, and the comment has the command to plan again", async () => {
  merge(["dev-config"]);
  expect(await applied()).toContain("### Applied: 1 stack");

  const again = await applied();
  expect(again).toContain("### Not applied: 0 of 1 stacks are as merged");
  expect(again).toContain("the plan of dev-config was not applied: it is stale");
  expect(again).toContain("Unchanged: nothing of this stack was changed");
  expect(again).toContain(
    'gh workflow run plan.yml --ref main -f pull_request=7 -f stacks="dev-config", then look at the comment',
  );
});

test("Terraform itself refuses a plan that became stale after the check", async () => {
  const folder = harness.stackFolder("dev-config");
  await expect(harness.terraform.apply(folder)).rejects.toThrow(/saved plan is stale/i);
});

test("a plan of other code than the merged code is refused", async () => {
  merge(await planned(withVariables(7)));
  harness.synthesise(withVariables(6));
  harness.synthesise(withVariables(8));
  expect(await applied()).toContain("it is of other code than what was merged; main had moved on");
});

test("a plan made with other providers than the committed ones is refused", async () => {
  merge(await planned(withVariables(7)));
  const lock = join(harness.stackFolder("dev-config"), lockFileName);
  writeFileSync(lock, readFileSync(lock, "utf8").replaceAll(/"h1:.{4}/g, '"h1:AAAA'));
  expect(await applied()).toContain(
    "it was made with other providers than those of .terraform.lock.hcl",
  );
});

test("a merge whose plan is missing changes nothing, and the comment reports it", async () => {
  merge([]);
  await expect(applied()).rejects.toThrow("#7 has no plan of dev-config");
  const comment = [...harness.repository.comments.values()].at(-1)?.body;
  expect(comment).toContain("Nothing was changed. Next: gh workflow run plan.yml");
});

test("a plan that destroys much is applied only with the label, which may come after the merge", async () => {
  harness.synthesise(withVariables(6));
  const stacks = await planned(dev);
  expect(comments("plan")[0]?.body).toContain("> **dev-config** destroys `consul_keys.config_");
  merge(stacks);
  expect(await applied()).toContain("the label destroy-reviewed is missing: 6 objects are");

  merge(stacks, ["destroy-reviewed"]);
  expect(await applied()).toContain("### Applied: 1 stack\n\n- **dev-config**: 6 to destroy");
});

test("a change by hand opens one issue, which is closed when the change is reverted", async () => {
  const { issues } = harness.repository;
  const drift = () => [...issues.values()].filter(({ title }) => title.startsWith("Drift"));
  const look = async () => {
    expect((await harness.step("drift", "dev-config")).isGood).toBe(true);
    harness.carry("drift-dev-config");
    await harness.step("drift-issues", "", { STACKS: '[{"stack":"dev-config"}]' });
  };
  await look();
  expect(drift()).toEqual([]);

  const state = JSON.parse(await harness.terraform.pullState(harness.stackFolder("dev-config")));
  const policy = state.resources.find((it: { type: string }) => it.type === "consul_acl_policy");
  const { id } = policy.instances[0].attributes;
  harness.changeBehind({ consul_acl_policy: { [id]: { description: "by hand" } } });
  await look();
  await look();
  expect(drift()).toMatchObject([{ state: "open", labels: [{ name: "drift" }] }]);
  expect(drift()[0]?.body).toContain(`! consul_acl_policy.${policy.name}`);
  expect(drift()[0]?.body).toContain('→ "by hand"');

  harness.changeBehind({});
  await look();
  expect(drift()).toMatchObject([{ state: "closed", state_reason: "completed" }]);
});
