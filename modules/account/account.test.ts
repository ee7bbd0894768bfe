import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { expect, test } from "vitest";
import { serviceRole } from "../iam/index.ts";
import { type Arguments, synthesise } from "../testing/synthesise.ts";
import {
  Account,
  type AccountProps,
  boundRoles,
  type DeployRoleProps,
  keepState,
} from "./index.ts";

const props: AccountProps = {
  account: "123456789012",
  region: "eu-central-1",
  repository: "acme@1/infrastructure@2",
  clusters: { staging: "eu-central-1", production: "us-east-1" },
  monthlyBudgetUsd: 500,
  budgetEmails: ["finance@example.org"],
};

const web: DeployRoleProps = {
  service: "web",
  cluster: "staging",
  repository: "acme@1/web@3",
  bucketArn: "arn:aws:s3:::staging-artifacts-123456789012-eu-central-1",
};

const make = (differing: Partial<AccountProps> = {}, use = (_: Account) => {}) =>
  synthesise((stack) => use(new Account(stack, "account", { ...props, ...differing })));

const statements = ({ dataSources }: ReturnType<typeof make>, id: string): Arguments[] =>
  Object.entries(dataSources("aws_iam_policy_document")).find(([name]) =>
    name.startsWith(`account_${id}_`),
  )?.[1].statement ?? [];

/** The tokens that a role accepts: how their subject is compared, and with which values. */
const subjects = (synthesised: ReturnType<typeof make>, role: string) => {
  const [statement, ...more] = statements(synthesised, `${role}-assume`);
  expect(more).toEqual([]);
  expect(statement?.actions).toEqual(["sts:AssumeRoleWithWebIdentity"]);
  const [audience, subject] = statement?.condition ?? [];
  expect(audience).toMatchObject({ test: "StringEquals", values: ["sts.amazonaws.com"] });
  return { test: subject.test, values: subject.values };
};

/** Everything that an apply may change. */
const writes = (synthesised: ReturnType<typeof make>): Arguments[] =>
  ["shared", "cluster-staging", "cluster-production"].flatMap((it) =>
    statements(synthesised, `apply-${it}-policy`),
  );

const actionsOf = (all: readonly Arguments[]) => all.flatMap((it) => it.actions as string[]);

/** The characters of a policy as AWS counts them: all but white space. */
function length(all: readonly Arguments[]): number {
  const written = all.map(({ sid, effect = "Allow", actions, resources, condition = [] }) => ({
    Sid: sid,
    Effect: effect,
    Action: actions,
    Resource: resources,
    Condition: condition.map((it: Arguments) => ({ [it.test]: { [it.variable]: it.values } })),
  }));
  const policy = { Version: "2012-10-17", Statement: written };
  return JSON.stringify(policy).replaceAll(/\s/g, "").length;
}

test("the state bucket keeps versions, and Terraform never destroys it", () => {
  const { only } = make();
  expect(only("aws_s3_bucket")).toMatchObject({
    bucket: "shoestring-state-123456789012-eu-central-1",
    lifecycle: { prevent_destroy: true },
  });
  expect(only("aws_s3_bucket_lifecycle_configuration").rule).toEqual([
    expect.objectContaining({
      noncurrent_version_expiration: [{ noncurrent_days: 90, newer_noncurrent_versions: 30 }],
    }),
  ]);
});

test("a stack's state is in the account's bucket, encrypted, with its lock beside it", () => {
  const { text } = synthesise((stack) => {
    keepState(stack, { account: "123456789012", region: "eu-central-1" });
    new SqsQueue(stack, "queue");
  });
  expect(JSON.parse(text).terraform.backend).toEqual({
    s3: {
      bucket: "shoestring-state-123456789012-eu-central-1",
      key: "test.tfstate",
      region: "eu-central-1",
      encrypt: true,
      use_lockfile: true,
    },
  });
});

test("roles trust the provider that an account has already, and make no second one", () => {
  const existing = make({ githubProvider: "existing" }, (account) => void account.deployRole(web));
  expect(existing.resources("aws_iam_openid_connect_provider")).toEqual({});
  for (const role of ["plan", "apply", "deploy-staging-web"]) {
    expect(statements(existing, `${role}-assume`)[0]?.principals).toEqual([
      {
        type: "Federated",
        identifiers: [
          "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
        ],
      },
    ]);
  }
});

test("every branch and pull request of the infrastructure's repository may plan, and no other repository", () => {
  expect(subjects(make(), "plan")).toEqual({
    test: "StringLike",
    values: [
      "repo:acme@1/infrastructure@2:pull_request",
      "repo:acme@1/infrastructure@2:ref:refs/heads/*",
    ],
  });
});

test("a plan may change nothing, and reads no contents except state", () => {
  const [state, ...others] = statements(make(), "plan-reads-policy");
  expect(state?.actions).toEqual(["s3:GetObject"]);
  expect(state?.resources).toEqual([expect.stringMatching(/account_state.*\.arn\}\/\*$/)]);
  for (const action of actionsOf(others)) {
    expect(action).toMatch(/^[a-z0-9-]+:(Describe|Get|List|View)/);
    expect(action).not.toMatch(
      /^(s3:GetObject|s3:\*|s3:Get\*|ssm:Get|secretsmanager:|sqs:Receive|logs:Get(?!Delivery)|logs:F|kms:|iam:.*\*)/,
    );
  }
});

test("only jobs of the apply environment may apply, and its name is compared exactly", () => {
  expect(subjects(make({ applyEnvironment: "live" }), "apply")).toEqual({
    test: "StringEquals",
    values: ["repo:acme@1/infrastructure@2:environment:live"],
  });
});

test("an apply cannot grant rights to a role without the boundary, or remove the boundary", () => {
  const all = writes(make());
  for (const action of ["CreateRole", "PutRolePolicy", "UpdateAssumeRolePolicy"]) {
    const allowing = all.filter((it) => it.actions.includes(`iam:${action}`));
    expect(allowing).toHaveLength(2); // one for each cluster
    for (const { condition } of allowing)
      expect(condition).toEqual([
        {
          test: "StringEquals",
          variable: "iam:PermissionsBoundary",
          values: ["arn:aws:iam::123456789012:policy/shoestring-boundary"],
        },
      ]);
  }
  const actions = actionsOf(all);
  expect(actions).not.toContain("iam:DeleteRolePermissionsBoundary");
  expect(actions.filter((it) => /^iam:.*(\*|PolicyVersion|User|OpenID)/.test(it))).toEqual([]);
});

test("an apply manages the roles of its clusters, never the account's", () => {
  const iam = writes(make()).filter((it) =>
    it.actions.some((action: string) => action.startsWith("iam:")),
  );
  const resources = iam.flatMap((it) => it.resources as string[]);
  expect(resources).toContain("arn:aws:iam::123456789012:role/staging-*");
  for (const resource of resources) {
    expect(resource).toMatch(
      /:(role|instance-profile)\/(staging-\*|production-\*|aws-service-role\/\*)$/,
    );
  }
});

test("an apply writes the state of its clusters, never the account's", () => {
  const state = writes(make()).filter((it) => it.sid === "WriteState");
  const keys = state.flatMap((it) => it.resources.map((at: string) => at.replace(/^.*\}\//, "")));
  expect(keys).toEqual(
    ["staging", "staging-config", "production", "production-config"].flatMap((stack) => [
      `${stack}.tfstate`,
      `${stack}.tfstate.tflock`,
    ]),
  );
});

test("an apply may act in the region of each cluster, not only in the state's", () => {
  const all = writes(make());
  const queues = all.filter((it) => it.sid === "Queues").flatMap((it) => it.resources);
  expect(queues).toEqual([
    "arn:aws:sqs:eu-central-1:123456789012:staging-*",
    "arn:aws:sqs:us-east-1:123456789012:production-*",
  ]);
  const networks = all.find((it) => it.sid === "Networks");
  expect(JSON.stringify(networks)).toContain('["eu-central-1","us-east-1"]');
});

test("an apply has no wildcard action of a service on unnamed resources", () => {
  const everywhere = writes(make()).filter((it) => it.resources.includes("*"));
  expect(actionsOf(everywhere).filter((it) => it.endsWith(":*"))).toEqual([]);
});

test("every policy fits IAM's limits, and no role has too many attached", () => {
  const cluster = "a-long-cluster";
  const regions = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];
  const clusters = Object.fromEntries(
    [cluster, ..."bcdefgh"].map((name, i) => [name, regions[i % 4] as string]),
  );
  const synthesised = make({ clusters });
  expect(Object.keys(synthesised.resources("aws_iam_role_policy_attachment"))).toHaveLength(10);
  for (const it of [
    "apply-reads-policy",
    "apply-shared-policy",
    `apply-cluster-${cluster}-policy`,
  ]) {
    expect(length(statements(synthesised, it)), it).toBeLessThan(6144);
  }
  expect(length(statements(synthesised, "boundary-document"))).toBeLessThan(6144);
  expect(length(statements(synthesised, "plan-reads-policy"))).toBeLessThan(10_240);
});

test("the boundary allows no access to IAM, other roles or state", () => {
  const [usual, state] = statements(
    make({ serviceActions: ["ses:SendEmail"] }),
    "boundary-document",
  );
  expect(usual?.actions).toContain("ses:SendEmail");
  for (const action of usual?.actions ?? [])
    expect(action).not.toMatch(/^(\*|iam|sts|organizations)/);
  expect(state).toMatchObject({ effect: "Deny", actions: ["s3:*"] });
});

test("every role of a stack carries the boundary, including those added later", () => {
  const { resources } = synthesise((stack) => {
    boundRoles(stack, { account: "123456789012", region: "eu-central-1" });
    serviceRole(stack, "one", { name: "staging-one", service: "ec2.amazonaws.com" });
    serviceRole(stack, "two", { name: "staging-two", service: "ec2.amazonaws.com" });
  });
  for (const role of Object.values(resources("aws_iam_role"))) {
    expect(role.permissions_boundary).toBe("arn:aws:iam::123456789012:policy/shoestring-boundary");
  }
});

test("a service's workflow uploads its own releases, from one branch, to one cluster", () => {
  const synthesised = make({}, (account) => {
    account.deployRole(web);
    account.deployRole({ ...web, cluster: "production", bucketArn: "arn:aws:s3:::production-a" });
  });
  expect(synthesised.text).not.toMatch(/TOKEN\[/i);
  expect(subjects(synthesised, "deploy-staging-web")).toEqual({
    test: "StringEquals",
    values: ["repo:acme@1/web@3:ref:refs/heads/deploy/staging"],
  });
  const bucket = "arn:aws:s3:::staging-artifacts-123456789012-eu-central-1";
  expect(statements(synthesised, "deploy-staging-web-push-policy")).toEqual([
    {
      sid: "MakeNewArchives",
      actions: ["s3:PutObject"],
      resources: [`${bucket}/web/*`],
      condition: [{ test: "Null", variable: "s3:if-none-match", values: ["false"] }],
    },
    {
      sid: "ListTheirNames",
      actions: ["s3:ListBucket"],
      resources: [bucket],
      condition: [{ test: "StringLike", variable: "s3:prefix", values: ["web/*"] }],
    },
  ]);
});

test("emails are sent before the budget is used up, when it is, and when that is forecast", () => {
  const { limit_amount, time_unit, notification } = make().only("aws_budgets_budget");
  expect([limit_amount, time_unit]).toEqual(["500", "MONTHLY"]);
  expect(notification.map((it: Arguments) => [it.notification_type, it.threshold])).toEqual([
    ["ACTUAL", 80],
    ["ACTUAL", 100],
    ["FORECASTED", 100],
  ]);
});

test.each<[keyof AccountProps, unknown, string]>([
  ["name", "a-very-long-name", "a name of up to 14 letters"],
  ["account", "1", "12 digits"],
  ["region", "here", "a region"],
  ["repository", "acme/*", "owner and name as GitHub writes them in tokens"],
  ["repository", "acme@1/infrastructure", "owner and name as GitHub writes them in tokens"],
  ["githubProvider", "theirs", '"own" or "existing"'],
  ["applyEnvironment", "prod*", "the name of a GitHub environment without wildcards"],
  ["clusters", Object.fromEntries([..."abcdefghi"].map((it) => [it, "us-east-1"])), "up to eight"],
  [
    "clusters",
    { shoestring: "us-east-1" },
    "up to eight names with regions, of which no name begins",
  ],
  ["serviceActions", ["iam:PassRole"], "actions by name, none of IAM, STS or Organizations"],
  ["serviceActions", ["*"], "actions by name"],
  ["monthlyBudgetUsd", 0, "whole US dollars from 1, like 500"],
  ["budgetEmails", ["finance"], "one to ten e-mail addresses"],
])("%s may not be %j", (prop, value, good) => {
  expect(() => make({ [prop]: value })).toThrow(
    `${prop} is ${JSON.stringify(value)}; good: ${good}`,
  );
});

test.each<[keyof DeployRoleProps, unknown, string]>([
  ["service", "*", 'the name of a service, like "web"'],
  ["cluster", "Staging", 'the name of a cluster, like "staging"'],
  ["repository", "acme", "owner and name as GitHub writes them in tokens"],
  ["bucketArn", "arn:aws:s3:::*", "the ARN of the artifacts bucket"],
])("a deploy role whose %s is %j is refused", (prop, value, good) => {
  expect(() => make({}, (account) => void account.deployRole({ ...web, [prop]: value }))).toThrow(
    `${prop} is ${JSON.stringify(value)}; good: ${good}`,
  );
});

test("a deploy role's name is not longer than IAM allows", () => {
  const names = { service: "s".repeat(31), cluster: "c".repeat(31) };
  expect(() => make({}, (account) => void account.deployRole({ ...web, ...names }))).toThrow(
    "at most 64 characters: shorten the service or the cluster",
  );
});
