import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { type GitHubDouble, startGitHubDouble } from "../testing/github-double.ts";
import { pullRequests } from "./pull-requests.ts";
import { report } from "./report.ts";
import type { ServiceRepository } from "./services.ts";
import { branch, type SyncContext, syncAll } from "./sync.ts";

let root: string;
let gitHub: GitHubDouble;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "shoestring-sync-test-"));
  gitHub = await startGitHubDouble();
});
afterEach(async () => {
  await gitHub.stop();
  rmSync(root, { recursive: true });
});

const web: ServiceRepository = {
  service: "web",
  repository: "acme/web",
  build: "npm ci && npm run build",
  folder: "dist",
};
const api = { ...web, service: "api", repository: "acme/api" };
const path = ".github/workflows/deploy-web.yml";

const git = (cwd: string, ...args: string[]) =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });

/** A repository on disk in GitHub's place, with these files on its branch `main`. */
function remote(name: string, files: Readonly<Record<string, string>> = { README: "it" }) {
  const bare = join(root, name);
  mkdirSync(bare, { recursive: true });
  git(bare, "init", "--quiet", "--bare", "--initial-branch=main");
  const commit = (to: string, changed: Readonly<Record<string, string>>, from = to) => {
    const work = mkdtempSync(join(root, "work-"));
    git(work, "clone", "--quiet", bare, ".");
    if (from !== "") git(work, "checkout", "--quiet", "-B", to, `origin/${from}`);
    for (const [file, text] of Object.entries(changed)) {
      mkdirSync(dirname(join(work, file)), { recursive: true });
      writeFileSync(join(work, file), text);
    }
    git(work, "add", "--all");
    git(work, "commit", "--quiet", "--message=a change");
    git(work, "push", "--quiet", "origin", `HEAD:refs/heads/${to}`);
  };
  commit("main", files, "");
  return {
    commit,
    show: (of: string, file: string) => git(bare, "show", `${of}:${file}`),
    branches: () => git(bare, "branch", "--format=%(refname:short)").trim().split("\n"),
    log: (of: string) => git(bare, "log", "--format=%s", of).trim().split("\n"),
  };
}

const sync = (services: readonly ServiceRepository[], differs: Partial<SyncContext> = {}) =>
  syncAll(
    {
      git: { server: `file://${root}` },
      pullRequests: pullRequests(gitHub.token, gitHub.url),
      infrastructure: "acme/infrastructure",
      isDryRun: false,
      ...differs,
    },
    services,
  );

const pulls = (repository: string) => [...gitHub.repository(repository).pulls.values()];

test("a repository without the workflow gets it in one pull request", async () => {
  const { show, branches } = remote("acme/web");

  const [outcome] = await sync([web]);

  expect(outcome).toMatchObject({ kind: "opened", repository: "acme/web" });
  expect(pulls("acme/web")).toMatchObject([
    { state: "open", head: { label: `acme:${branch}` }, base: { ref: "main" } },
  ]);
  expect(branches().sort()).toEqual(["main", branch]);
  const workflow = parse(show(branch, path));
  expect(workflow.on).toEqual({ push: { branches: ["deploy/*"] } });
  expect(workflow.permissions).toEqual({});
  expect(workflow.jobs.deploy).toMatchObject({
    uses: "acme/infrastructure/.github/workflows/deploy-service.yml@main",
    permissions: { contents: "read", "id-token": "write" },
    with: { service: "web", build: "npm ci && npm run build", folder: "dist" },
  });
});

test("a repository with the current workflow is left alone", async () => {
  const { show, commit } = remote("acme/web");
  await sync([web]);
  commit("main", { [path]: show(branch, path) });
  gitHub.repository("acme/web").pulls.clear();

  expect(await sync([web])).toEqual([{ repository: "acme/web", kind: "same" }]);
  expect(pulls("acme/web")).toEqual([]);
});

test("a repository's text between the marks stays, and the template replaces the rest", async () => {
  const { show, commit } = remote("acme/web");
  await sync([web]);
  const edited = show(branch, path)
    .replace('folder: "dist"', 'folder: "out" # as our bundler has it\n      node-version: "22"')
    .replace("@main", "@an-old-one");
  commit("main", { [path]: edited });
  gitHub.repository("acme/web").pulls.clear();

  await sync([{ ...web, build: "make", folder: "elsewhere" }]);

  const text = show(branch, path);
  expect(text).toContain("# as our bundler has it");
  expect(parse(text).jobs.deploy).toMatchObject({
    uses: "acme/infrastructure/.github/workflows/deploy-service.yml@main",
    with: { build: "npm ci && npm run build", folder: "out", "node-version": "22" },
  });
});

test("an open pull request is updated on top of people's commits, and no second one is opened", async () => {
  const { show, commit, log } = remote("acme/web");
  await sync([web]);
  commit(branch, { [path]: show(branch, path).replace('folder: "dist"', 'folder: "out"') });

  expect(await sync([web])).toMatchObject([{ kind: "waits" }]);
  const [outcome] = await sync([web], { infrastructure: "acme/infra" });

  expect(outcome).toMatchObject({ kind: "updated" });
  expect(pulls("acme/web")).toHaveLength(1);
  expect(log(branch)).toHaveLength(4); // the first, ours, theirs, ours
  expect(show(branch, path)).toContain('folder: "out"');
  expect(show(branch, path)).toContain("uses: acme/infra/");
});

test("the branch of a merged pull request does not prevent the next one", async () => {
  const { commit, show } = remote("acme/web");
  await sync([web]);
  const merged = show(branch, path).replace("@main", "@an-old-one");
  commit("main", { [path]: merged });
  for (const pull of pulls("acme/web")) pull.state = "closed";

  expect(await sync([web])).toMatchObject([{ kind: "opened" }]);
  expect(show(branch, path)).toContain("@main");
});

test("a dry run reports the changes and makes none", async () => {
  const { branches } = remote("acme/web");

  const outcomes = await sync([web], { isDryRun: true });

  expect(report(outcomes).join("\n")).toContain(`+++ b/${path}`);
  expect(report(outcomes).join("\n")).toContain("+      service: web");
  expect(branches()).toEqual(["main"]);
  expect(gitHub.requests).toEqual([]);
});

test("a repository that fails does not stop the others, and is first in the report", async () => {
  remote("acme/web");
  remote("acme/jobs");
  gitHub.failNext("POST", /acme\/web\/pulls/, 403);
  const jobs = { ...web, service: "jobs", repository: "acme/jobs" };

  const outcomes = await sync([web, api, jobs]);

  expect(outcomes.map(({ repository, kind }) => [repository, kind])).toEqual([
    ["acme/web", "failed"],
    ["acme/api", "failed"], // there is no such repository
    ["acme/jobs", "opened"],
  ]);
  const [first, second, third] = report(outcomes);
  expect(first).toContain("acme/web: failed: GitHub refused");
  expect(second).toContain("acme/api: failed: git clone of acme/api failed");
  expect(third).toContain("acme/jobs: opened https://github.com/acme/jobs/pull/1");
});

test.each([
  ["no marks", "name: mine\n"],
  ["one mark twice", "      # Not yours from here.\n      # Not yours from here.\n"],
])("a workflow with %s is refused and not replaced", async (_, text) => {
  const { branches } = remote("acme/web", { [path]: text });
  const [outcome] = await sync([web]);
  expect(outcome).toMatchObject({
    kind: "failed",
    why: `${path} of acme/web lacks the two marks, once each`,
  });
  expect(branches()).toEqual(["main"]);
});

test("services of one repository share its pull request", async () => {
  const { show } = remote("acme/web");
  await sync([web, { ...api, repository: "acme/web" }]);
  expect(pulls("acme/web")).toHaveLength(1);
  expect(parse(show(branch, ".github/workflows/deploy-api.yml")).name).toBe("Deploy api");
  expect(parse(show(branch, path)).name).toBe("Deploy web");
});

test("the token is in no argument and in no file of a clone", async () => {
  const wrapper = join(root, "bin");
  mkdirSync(wrapper);
  const real = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
  const record = `#!/bin/sh\necho "$@" >> ${root}/arguments\n${real} "$@" || exit\n`;
  const files = `if [ -d .git ]; then cat .git/config >> ${root}/arguments; fi\n`;
  writeFileSync(join(wrapper, "git"), record + files, { mode: 0o755 });
  remote("acme/web");
  const { PATH } = process.env;
  process.env.PATH = `${wrapper}:${PATH}`;
  try {
    await sync([web], { git: { server: `file://${root}`, token: "ghs_secret" } });
  } finally {
    process.env.PATH = PATH;
  }
  const seen = readFileSync(join(root, "arguments"), "utf8");
  expect(seen).toContain("push --quiet");
  expect(seen).not.toContain("ghs_secret");
  expect(seen).not.toContain(Buffer.from("x-access-token:ghs_secret").toString("base64"));
});
