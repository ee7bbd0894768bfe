import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type GitHubDouble, longestBody, startGitHubDouble } from "./github-double.ts";

let double: GitHubDouble;
let octokit: Octokit;
const at = { owner: "acme", repo: "infra" };
const log = { debug() {}, info() {}, warn() {}, error() {} };

beforeAll(async () => {
  double = await startGitHubDouble();
  octokit = new Octokit({ auth: double.token, baseUrl: double.url, log });
});
afterAll(() => double.stop());

test("another token is refused", async () => {
  const stranger = new Octokit({ auth: "ghs_other", baseUrl: double.url, log });
  await expect(stranger.issues.listForRepo(at)).rejects.toMatchObject({ status: 401 });
});

test("lists come in pages that link to the next", async () => {
  const { issues } = double.repository("acme/paged");
  for (let number = 1; number <= 250; number += 1) {
    issues.set(number, { number, title: `${number}`, body: "", state: "open", labels: [] });
  }
  const found = await octokit.paginate(octokit.issues.listForRepo, {
    owner: "acme",
    repo: "paged",
    per_page: 100,
  });
  expect(found.map(({ number }) => number)).toEqual([...issues.keys()]);
  expect(double.requests.filter(({ path }) => path.includes("/paged/"))).toHaveLength(3);
});

test("a comment that is too long is refused, and changes nothing", async () => {
  const { data } = await octokit.issues.create({ ...at, title: "one" });
  const body = "x".repeat(longestBody + 1);
  const comment = octokit.issues.createComment({ ...at, issue_number: data.number, body });
  await expect(comment).rejects.toMatchObject({ status: 422 });
  expect(double.repository("acme/infra").comments.size).toBe(0);
});

test("a branch has one open pull request", async () => {
  const pull = { ...at, title: "one", head: "change", base: "main" };
  const { data } = await octokit.pulls.create(pull);
  await expect(octokit.pulls.create(pull)).rejects.toMatchObject({ status: 422 });
  await octokit.pulls.update({ ...at, pull_number: data.number, state: "closed" });
  expect((await octokit.pulls.list({ ...at, head: "acme:change", state: "all" })).data).toEqual([
    expect.objectContaining({ number: data.number, state: "closed" }),
  ]);
});

test("a planted failure happens once", async () => {
  double.failNext("GET", /\/issues$/, 502);
  await expect(octokit.issues.listForRepo(at)).rejects.toMatchObject({ status: 502 });
  await expect(octokit.issues.listForRepo(at)).resolves.toMatchObject({ status: 200 });
});
