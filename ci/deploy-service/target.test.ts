import { expect, test } from "vitest";
import { account } from "../../clusters/account.ts";
import { staging } from "../../clusters/staging.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { clusterOf, type Run, targetOf } from "./target.ts";

const cluster: Cluster = {
  ...staging,
  services: { web: { ...staging.services.web, repository: "acme@1/web@2" } },
};

const run: Run = {
  ref: "refs/heads/deploy/staging",
  repository: "acme/web",
  service: "web",
  runNumber: "8",
  sequenceOffset: "0",
};

test("a build's target comes from the cluster's file, and its sequence is the run's number", () => {
  expect(targetOf(run, cluster, account)).toEqual({
    cluster: "staging",
    region: "eu-central-1",
    bucket: "staging-artifacts-111111111111-eu-central-1",
    role: "arn:aws:iam::111111111111:role/shoestring-deploy-staging-web",
    sequence: 8,
  });
});

test("a recreated workflow continues the count of the former one", () => {
  expect(targetOf({ ...run, sequenceOffset: "500" }, cluster, account).sequence).toBe(508);
});

test("the branch deploy/<cluster> names the cluster", () => {
  expect(clusterOf("refs/heads/deploy/dev-alice")).toBe("dev-alice");
});

test.each([
  "",
  "refs/heads/main",
  "refs/heads/deploy/",
  "refs/heads/deploy/../account",
  "refs/heads/deploy/staging/x",
  "refs/heads/deploy/Staging",
  "refs/tags/deploy/staging",
])("%j names no cluster", (ref) => {
  expect(() => clusterOf(ref)).toThrow("push to deploy/<cluster>");
});

test.each<[Partial<Run>, string]>([
  [{ service: "api" }, "clusters/staging.ts names no repository that builds api"],
  [{ service: "constructor" }, "names no repository that builds constructor"],
  [{ service: "../web" }, '"../web" is no name of a service'],
  [{ repository: "acme/other" }, "has web built by acme/web, not by acme/other"],
  [{ runNumber: "" }, "is no sequence"],
  [{ sequenceOffset: "-1" }, "is no sequence"],
  [{ sequenceOffset: "1.5" }, "is no sequence"],
])("%j is refused before anything is built", (differs, happened) => {
  expect(() => targetOf({ ...run, ...differs }, cluster, account)).toThrow(happened);
});
