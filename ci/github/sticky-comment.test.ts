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

test("a pull request has one sticky comment, which the next run changes", async () => {
  const { write, bodies } = aPullRequest();
  await write(1, "first");
  await write(2, "second");
  expect(bodies()).toEqual(["<!-- shoestring:plan 2 -->\nsecond"]);
});

test("the sticky comment is found behind many others", async () => {
  const { write, comment, bodies } = aPullRequest();
  for (let id = 1; id <= 210; id += 1) comment(id, "talk", "User");
  await write(1, "first");
  await write(2, "second");
  expect(bodies()).toHaveLength(211);
});

test("a run changes nothing after a later one", async () => {
  const { write, bodies } = aPullRequest();
  await write(2, "second");
  await write(1, "first");
  expect(bodies()).toEqual(["<!-- shoestring:plan 2 -->\nsecond"]);
});

test("a person's comment with the marker is left alone", async () => {
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

test("a silent comment is not created, but replaces an old one", async () => {
  const { write, bodies } = aPullRequest();
  await write(1, "nothing", true);
  expect(bodies()).toEqual([]);
  await write(2, "much");
  await write(3, "nothing", true);
  expect(bodies()).toEqual(["<!-- shoestring:plan 3 -->\nnothing"]);
});

test("a read that GitHub did not answer is repeated once", async () => {
  const { write, bodies } = aPullRequest();
  double.failNext("GET", /comments/, 502);
  await write(1, "first");
  expect(bodies()).toHaveLength(1);
});

test("a write that GitHub refuses is an error that names the request", async () => {
  const { write } = aPullRequest();
  double.failNext("POST", /comments$/, 403);
  await expect(write(1, "first")).rejects.toThrow(
    /GitHub refused POST .*comments.*planted by the test.*a 403 means/,
  );
});
