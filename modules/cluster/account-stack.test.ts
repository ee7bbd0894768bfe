import { App, Testing } from "cdktf";
import { expect, test } from "vitest";
import type { Cluster } from "../spec/cluster.ts";
import { readSynthesised } from "../testing/synthesise.ts";
import { AccountStack } from "./account-stack.ts";

const account = {
  account: "111111111111",
  region: "eu-central-1",
  repository: "example/infrastructure",
  monthlyBudgetUsd: 500,
  budgetEmails: ["finance@example.org"],
};

const cluster = (differs: Partial<Cluster> = {}): Cluster => ({
  name: "qa",
  cidr: "10.46.0.0/16",
  account: account.account,
  region: "eu-west-1",
  services: { web: { instances: { min: 1, max: 2 }, command: ["node", "server.js"] } },
  ...differs,
});

const made = (...clusters: Cluster[]) =>
  readSynthesised(Testing.synth(new AccountStack(new App(), account, clusters), true));

test("a service's repository uploads to its cluster's bucket, below the service's name", () => {
  const services = {
    web: { ...cluster().services.web, repository: "example/web" },
    api: cluster().services.web,
  } as Cluster["services"];
  const { dataSources, text } = made(cluster({ services }));
  const push = Object.entries(dataSources("aws_iam_policy_document")).filter(([id]) =>
    /deploy-\w+-\w+-push/.test(id),
  );
  expect(push.map(([, it]) => it.statement[0].resources)).toEqual([
    ["arn:aws:s3:::qa-artifacts-111111111111-eu-west-1/web/*"],
  ]);
  expect(text).toContain("repo:example/web:ref:refs/heads/deploy/qa");
});

test("only the clusters of this account may be applied", () => {
  const { text } = made(cluster(), cluster({ name: "elsewhere", account: "222222222222" }));
  expect(text).toContain("shoestring-apply-cluster-qa");
  expect(text).not.toContain("elsewhere");
});

test("an account without clusters has the resources that the first one needs", () => {
  expect(made().addresses).not.toEqual([]);
});
