import { afterAll, beforeAll, expect, test } from "vitest";
import { gitHub } from "../../github/github.ts";
import {
  type DoubledRun,
  type GitHubDouble,
  startGitHubDouble,
} from "../../testing/github-double.ts";
import { plansOfMerge, plansOfRun } from "./find-plans.ts";

let double: GitHubDouble;
beforeAll(async () => {
  double = await startGitHubDouble();
});
afterAll(() => double.stop());

const head = "a".repeat(40);
const commit = "b".repeat(40);

/** A repository with these runs of plan.yml. */
function repository(name: string, runs: Partial<DoubledRun>[], artifacts: string[]) {
  const at = double.repository(name);
  runs.forEach((run, index) => {
    const id = index + 1;
    at.runs.push({ ...aRun, head_repository: { full_name: name }, id, run_number: id, ...run });
    const list = artifacts.map((it, n) => ({ id: n, name: it, expired: it === "plan-old" }));
    at.artifacts.set(id, list);
  });
  return gitHub({ repository: name, token: double.token, url: double.url });
}

const aRun: Omit<DoubledRun, "id" | "run_number"> = {
  path: ".github/workflows/plan.yml",
  event: "pull_request",
  status: "completed",
  conclusion: "success",
  head_branch: "change",
  head_sha: head,
  head_repository: { full_name: "" },
  html_url: "",
};

const pull = { number: 7, head, labels: [] };
const ofMerge = (
  name: string,
  runs: Partial<DoubledRun>[],
  artifacts: string[],
  changed: string[],
) => plansOfMerge(repository(name, runs, artifacts), { repository: name, pull, changed });

test("a merge applies the plans of the newest run for the last reviewed commit", async () => {
  const found = await ofMerge("acme/a", [{}, {}], ["comparison", "plan-dev"], ["dev"]);
  expect(found).toMatchObject({ run: { id: 2 }, stacks: ["dev"] });
});

test.each<[string, Partial<DoubledRun>[], string[], string]>([
  ["none was made of that commit", [{ head_sha: commit }], [], "and no plan was made of that"],
  [
    "a fork's run made what it liked",
    [{ head_repository: { full_name: "mallory/infra" } }],
    ["plan-dev"],
    "and no plan was made of that",
  ],
  [
    "it is still being made",
    [{ status: "in_progress" }],
    [],
    "while its plan was still being made",
  ],
  ["it failed", [{ conclusion: "failure" }], ["plan-dev"], "although its plan had failed"],
  ["one stack has none", [{}], ["plan-staging"], "has no plan of dev"],
])("a merge is refused: %s", async (name, runs, artifacts, why) => {
  const merge = ofMerge(`acme/${name.replaceAll(/\W/g, "-")}`, runs, artifacts, ["dev"]);
  await expect(merge).rejects.toThrow(why);
  await expect(merge).rejects.toThrow(
    'gh workflow run plan.yml --ref main -f pull_request=7 -f stacks="dev"',
  );
});

test("an artifact that has expired is not listed", async () => {
  await expect(ofMerge("acme/c", [{}], ["plan-old"], ["old"])).rejects.toThrow("no plan of old");
});

test("a plan that was made again by hand is applied only from the newest commit of main", async () => {
  const again = { event: "workflow_dispatch", head_branch: "main", head_sha: commit };
  const name = "acme/d";
  const asked = repository(
    name,
    [again, { ...again, head_branch: "x", head_sha: head }, {}],
    ["plan-dev"],
  );
  const of = (run: number) => plansOfRun(asked, { commit, run, pull: 7 });
  expect(await of(1)).toMatchObject({ stacks: ["dev"] });
  await expect(of(2)).rejects.toThrow(
    "it is of the branch x, it is of aaaaaaa, and main has moved",
  );
  await expect(of(3)).rejects.toThrow("it was started by pull_request");
});
