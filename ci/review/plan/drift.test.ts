import { afterAll, beforeAll, expect, test } from "vitest";
import { gitHub } from "../../github/github.ts";
import { type GitHubDouble, startGitHubDouble } from "../../testing/github-double.ts";
import { writeDriftIssues } from "../drift/drift-issues.ts";
import { recorded } from "../testing/recorded.ts";
import { driftOf } from "./drift.ts";

let double: GitHubDouble;
beforeAll(async () => {
  double = await startGitHubDouble();
});
afterAll(() => double.stop());

const scaling = {
  resource: {
    aws_autoscaling_group: { web: { lifecycle: { ignore_changes: ["desired_capacity"] } } },
  },
};
const drift = driftOf(recorded("drift"), scaling);

test("a change that the stack ignores, such as a group's desired capacity, is not drift", () => {
  expect(drift).toEqual([
    { address: "aws_cloudwatch_log_group.kept", isGone: true, attributes: [] },
    {
      address: "aws_sns_topic.stays",
      isGone: false,
      attributes: [{ path: "display_name", after: '"by hand"' }],
    },
  ]);
  expect(driftOf(recorded("drift"), {}).map(({ address }) => address)).toContain(
    "aws_autoscaling_group.web",
  );
});

test("a plan of unchanged objects has no drift", () => {
  expect(driftOf(recorded("empty"), {})).toEqual([]);
});

const at = (name: string) => gitHub({ repository: name, token: double.token, url: double.url });
const issuesOf = (name: string) => [...double.repository(name).issues.values()];
const looked = (stack: string, found = drift) =>
  ({ stack, outcome: "looked", drift: found }) as const;

test("each stack has one issue, which is updated, and closed when the drift is gone", async () => {
  const name = "acme/one";
  await writeDriftIssues(at(name), [looked("staging"), looked("dev", [])], "run 1");
  await writeDriftIssues(at(name), [looked("staging", drift.slice(0, 1))], "run 2");
  expect(issuesOf(name)).toMatchObject([{ title: "Drift: staging is otherwise than its code" }]);
  expect(issuesOf(name)[0]?.body).toContain("run 2");
  expect(issuesOf(name)[0]?.body).not.toContain("aws_sns_topic");

  const done = await writeDriftIssues(at(name), [looked("staging", [])], "run 3");
  expect(done).toEqual(["staging: clean again"]);
  expect(issuesOf(name)).toMatchObject([{ state: "closed", state_reason: "completed" }]);

  await writeDriftIssues(at(name), [looked("staging")], "run 4");
  expect(issuesOf(name).map(({ state }) => state)).toEqual(["closed", "open"]);
});

test("a stack's issue is found behind a hundred others", async () => {
  const name = "acme/many";
  const { issues } = double.repository(name);
  const labels = [{ name: "drift" }];
  for (let number = 1; number <= 130; number += 1) {
    issues.set(number, { number, title: "", body: "another", state: "open", labels });
  }
  await writeDriftIssues(at(name), [looked("staging")], "run 1");
  await writeDriftIssues(at(name), [looked("staging")], "run 2");
  expect(issues.size).toBe(131);
});

test("a stack that could not be checked keeps its issue", async () => {
  const name = "acme/failed";
  await writeDriftIssues(at(name), [looked("staging")], "run 1");
  const failed = { stack: "staging", outcome: "failed", words: "no credentials" } as const;
  expect(await writeDriftIssues(at(name), [failed], "run 2")).toEqual([
    "staging: could not be looked at: no credentials",
  ]);
  expect(issuesOf(name)).toMatchObject([{ state: "open" }]);
});

test("any amount of drift fits into an issue", async () => {
  const attributes = [{ path: "a", before: "x".repeat(100), after: "y".repeat(100) }];
  const all = [...Array(900).keys()].map((n) => ({
    address: `a.b${n}`,
    isGone: false,
    attributes,
  }));
  await writeDriftIssues(at("acme/long"), [looked("staging", all)], "run 1");
  expect(issuesOf("acme/long")[0]?.body).toMatch(/and \d+ more/);
});
