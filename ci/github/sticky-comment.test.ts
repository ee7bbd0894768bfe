import { afterAll, beforeAll, expect, test } from "vitest";
import { type GitHubDouble, startGitHubDouble } from "../testing/github-double.ts";
import { gitHub } from "./github.ts";
import { writeStickyComment } from "./sticky-comment.ts";

let double: GitHubDouble;
beforeAll(async () => {
  double = await startGitHubDouble();
});
afterAll(() => double.stop());

let repositories = 0;

/** A repository of its own with a pull request #1. */
function aPullRequest() {
  repositories += 1;
  const name = `acme/sticky-${repositories}`;
  const issue = { number: 1, title: "", body: "", state: "open", labels: [] } as const;
  const repository = double.repository(name);
  repository.issues.set(1, { ...issue, labels: [] });
  const to = gitHub({ repository: name, token: double.token, url: double.url });
  return {
    repository,
    bodies: () => [...repository.comments.values()].map(({ body }) => body),
    write: (order: number, body: string, isSilent = false) =>
      writeStickyComment(to, 1, { purpose: "plan", order, body, isSilent }),
    comment(id: number, body: string, type: "User" | "Bot") {
      repository.comments.set(id, { id, issue: 1, body, user: { login: "x", type } });
    },
  };
}

test("a pull request has one, which the next run changes", async () => {
  const { write, bodies } = aPullRequest();
  await write(1, "first");
  await write(2, "second");
  expect(bodies()).toEqual(["<!-- shoestring:plan 2 -->\nsecond"]);
});

test("it is found behind many others", async () => {
  const { write, comment, bodies } = aPullRequest();
  for (let id = 1; id <= 210; id += 1) comment(id, "talk", "User");
  await write(1, "first");
  await write(2, "second");
  expect(bodies()).toHaveLength(211);
});

test("a run that was overtaken changes nothing", async () => {
  const { write, bodies } = aPullRequest();
  await write(2, "second");
  await write(1, "first");
  expect(bodies()).toEqual(["<!-- shoestring:plan 2 -->\nsecond"]);
});

test("somebody's own comment with the marker is left alone", async () => {
  const { write, comment, bodies } = aPullRequest();
  comment(1, "<!-- shoestring:plan 1 -->\nmine", "User");
  comment(2, "see <!-- shoestring:plan 1 -->", "Bot");
  await write(2, "second");
  expect(bodies()).toEqual([
    "<!-- shoestring:plan 1 -->\nmine",
    "see <!-- shoestring:plan 1 -->",
    "<!-- shoestring:plan 2 -->\nsecond",
  ]);
});

test("that nothing changes is worth no new comment, but corrects an old one", async () => {
  const { write, bodies } = aPullRequest();
  await write(1, "nothing", true);
  expect(bodies()).toEqual([]);
  await write(2, "much");
  await write(3, "nothing", true);
  expect(bodies()).toEqual(["<!-- shoestring:plan 3 -->\nnothing"]);
});

test("a question that GitHub did not answer is asked once more", async () => {
  const { write, bodies } = aPullRequest();
  double.failNext("GET", /comments/, 502);
  await write(1, "first");
  expect(bodies()).toHaveLength(1);
});

test("what GitHub refuses is an error that says what", async () => {
  const { write } = aPullRequest();
  double.failNext("POST", /comments$/, 403);
  await expect(write(1, "first")).rejects.toThrow(
    /GitHub refused POST .*comments.*planted by the test.*a 403 means/,
  );
});
