import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { account } from "../../clusters/account.ts";
import { packageFunction } from "../../functions/package.ts";
import { simulatedTerraform } from "../../local/terraform/simulated.ts";
import { accountNames } from "../../modules/account/index.ts";
import { addStacks } from "../../modules/cluster/index.ts";
import type { Applied } from "../../terraform/terraform.ts";
import { ourClusters } from "../stacks/synthesise-clusters.ts";
import { forbidden } from "./access/forbidden.ts";
import { breaches, strangeAnswers } from "./breaches.ts";
import { ask, type OfResources, type Roles, unmet } from "./find-faults.ts";
import { distinct, type Need, needsOfPrograms, needsOfTerraform } from "./needs.ts";
import { decide } from "./policy/decide.ts";
import { parsePolicy } from "./policy/document.ts";
import { type AppliedStacks, type Role, resourcePolicies, rolesOf } from "./roles.ts";
import { scopesOf } from "./scope.ts";
import { listed, tooMuch, touchedBy, unneeded, withoutAction } from "./surplus.ts";
import { tokens } from "./trust.ts";

/** Those of the account: the local region's has no roles at AWS. */
const clusters = (await ourClusters()).filter((it) => it.cluster.account === account.account);
const { planRole, applyRole, boundaryArn } = accountNames(account);
const folder = mkdtempSync(join(tmpdir(), "shoestring-rights-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let stacks: AppliedStacks;
let roles: Roles;
let ofResources: OfResources;
let needs: readonly Need[];

beforeAll(async () => {
  const terraform = await simulatedTerraform(undefined, join(folder, "names.json"));
  await packageFunction("announce");
  const app = new App({ outdir: folder });
  addStacks(app, { account, clusters, state: { kind: "local", folder } });
  app.synth();
  const applied = async (stack: string): Promise<[string, Applied]> => {
    const at = join(folder, "stacks", stack);
    await terraform.init(at);
    await terraform.plan(at);
    await terraform.apply(at);
    return [stack, await terraform.showState(at)];
  };
  const names = ["account", ...clusters.map(({ file }) => file)];
  stacks = new Map(await Promise.all(names.map(applied)));
  const places = new Map(
    clusters.map(({ file, cluster: { account: number, region } }) => [
      file,
      { account: number, region },
    ]),
  );
  roles = rolesOf(stacks);
  ofResources = resourcePolicies(stacks);
  needs = distinct([
    ...needsOfTerraform(stacks, { plan: planRole, apply: applyRole }, places, ["account"]),
    ...clusters.flatMap(({ cluster }) => needsOfPrograms(scopesOf(account, cluster))),
  ]);
});

test("every role may do what it needs", () => {
  expect(needs.length).toBeGreaterThan(1000);
  expect(unmet(needs, roles, ofResources)).toEqual([]);
});

test("no role lists an action that nothing needs", () => {
  expect(unneeded(needs, roles, ofResources)).toEqual([]);
});

test("every role of the stacks is one that the table knows", () => {
  const known = new Set(needs.map(({ role }) => role));
  expect([...roles.keys()].filter((it) => !known.has(it))).toEqual([]);
});

test.each(clusters.map(({ file, cluster }) => [file, cluster] as const))(
  "%s: every forbidden cell of the access table is denied",
  (_, cluster) => {
    expect(breaches(forbidden, scopesOf(account, cluster), roles, ofResources)).toEqual([]);
  },
);

test.each(clusters.map(({ file, cluster }) => [file, cluster] as const))(
  "%s: GitHub's tokens are given the roles that the table says, and no others",
  (_, cluster) => {
    const repositories = Object.fromEntries(
      Object.entries(cluster.services).map(([name, it]) => [name, it.repository ?? ""]),
    );
    expect(
      strangeAnswers(tokens, scopesOf(account, cluster), roles, account.repository, repositories),
    ).toEqual([]);
  },
);

/** All actions of IAM, KMS and Secrets Manager. */
const { actions: sensitive } = JSON.parse(
  readFileSync(join(import.meta.dirname, "sensitive-actions.json"), "utf8"),
) as { actions: readonly string[] };

test("of IAM, KMS and Secrets Manager no role may do more than it needs", () => {
  const iam = `arn:aws:iam::${account.account}`;
  const strangers = [
    ...[planRole, applyRole, "administrator"].map((it) => `${iam}:role/${it}`),
    `${iam}:user/somebody`,
    `${iam}:group/everybody`,
    boundaryArn,
    `arn:aws:secretsmanager:${account.region}:${account.account}:secret:somebody-elses-AbCdEf`,
  ];
  expect(sensitive.length).toBeGreaterThan(200);
  const contexts = [
    {},
    { "iam:PassedToService": "codebuild.amazonaws.com", "iam:PermissionsBoundary": boundaryArn },
  ];
  expect(tooMuch(needs, roles, sensitive, strangers, contexts)).toEqual([]);
});

test("a role that is granted everything is held by the boundary", () => {
  const everything = parsePolicy(
    "everything",
    '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',
  );
  const bounded = [...roles.values()].filter(({ boundary }) => boundary !== undefined);
  expect(bounded.length).toBeGreaterThan(3);
  const state = `arn:aws:s3:::${accountNames(account).stateBucket}/account.tfstate`;
  const actions = [...sensitive.filter((it) => it.startsWith("iam:")), "sts:AssumeRole"];
  const asked = [
    ...[...actions, "ec2:RunInstances", "ssm:StartSession", "ssm:SendCommand"].map(
      (action) => [action, "*"] as const,
    ),
    ["s3:GetObject", state] as const,
  ];
  for (const role of bounded) {
    const strong: Role = { ...role, policies: [everything] };
    const allowed = asked.filter(
      ([action, resource]) => decide(strong, { action, resource, context: {} }).allowed,
    );
    expect(allowed, role.name).toEqual([]);
  }
});

test("whichever action is taken from a role, a sentence names the role, the action, an object and the file to edit", () => {
  const all = listed(needs, roles);
  expect(all.length).toBeGreaterThan(200);
  const silent = all.filter((taken) => {
    const lines = unmet(touchedBy(taken, needs), withoutAction(roles, needs, taken), ofResources);
    return !lines.some((it) =>
      /^[\w-]+ may not [\w-]+:\w+ on \S+, for ".+": .+; edit \S+\.ts$/.test(it),
    );
  });
  // Plan and apply share the list of reads; this one an apply may by a wider pattern of its own, too.
  expect(silent.map(({ kind, action }) => `${kind} ${action}`)).toEqual([
    "apply ec2:GetSecurityGroupsForVpc",
  ]);
});

test.each([
  {
    role: applyRole,
    taken: { kind: "apply", sid: "Images", action: "ssm:GetParameters" },
    on: /^arn:aws:ssm:.*:parameter\/shoestring\/ami\//,
    why: "create aws_autoscaling_group",
    file: "modules/account/policies/shared-resources.ts",
  },
  {
    role: applyRole,
    taken: { kind: "apply", sid: "TagsOfMappings", action: "lambda:TagResource" },
    on: /^arn:aws:lambda:.*:event-source-mapping:/,
    why: "tags aws_lambda_event_source_mapping",
    file: "modules/account/policies/shared-resources.ts",
  },
] as const)("an apply without $taken.action, as it was, is told of in words that help", (it) => {
  const { role, taken, on, why, file } = it;
  const lines = unmet(touchedBy(taken, needs), withoutAction(roles, needs, taken), ofResources);
  const [, resource = ""] = / on (\S+), for /.exec(lines[0] ?? "") ?? [];
  expect(resource).toMatch(on);
  expect(lines[0]).toBe(
    `${role} may not ${taken.action} on ${resource}, for "${why}": nothing allows it; edit ${file}`,
  );
});

test("what a boundary leaves out is told of with the boundary's file", () => {
  const nothing = parsePolicy("boundary", '{"Statement": []}');
  const held = new Map([...roles].map(([name, it]) => [name, { ...it, boundary: nothing }]));
  const session = needs.filter(({ action }) => action === "ssmmessages:OpenControlChannel");
  const lines = unmet(session, held, ofResources);
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines)
    expect(line).toMatch(
      /^\S+ may not ssmmessages:OpenControlChannel on \*, for "the SSM agent .*": outside the boundary \(boundary\); edit modules\/account\/policies\/permissions-boundary\.ts$/,
    );
});

test("every policy is shorter than IAM's limits", () => {
  const length = (policy: string) => policy.replaceAll(/\s/g, "").length;
  const inline = new Map<string, number>();
  for (const { type, values } of [...stacks.values()].flatMap(({ resources }) => resources)) {
    if (type === "aws_iam_policy")
      expect(length(values.policy), values.name).toBeLessThanOrEqual(6144);
    if (type === "aws_iam_role_policy")
      inline.set(values.role, (inline.get(values.role) ?? 0) + length(values.policy));
  }
  expect(inline.size).toBeGreaterThan(5);
  expect([...inline].filter(([, sum]) => sum > 10_240)).toEqual([]);
});

test("S3 may send to the queue of announce for its own bucket, and for no other", () => {
  const [{ cluster }] = clusters as [(typeof clusters)[number]];
  const { account: number, region, name } = cluster;
  const resource = `arn:aws:sqs:${region}:${number}:${name}-announce`;
  const s3 = { kind: "Service", id: "s3.amazonaws.com", policies: [] } as const;
  const from = (bucket: string, owner: string) =>
    decide(
      s3,
      {
        action: "sqs:SendMessage",
        resource,
        context: { "aws:SourceArn": `arn:aws:s3:::${bucket}`, "aws:SourceAccount": owner },
      },
      ofResources.get(resource),
    ).allowed;
  const bucket = `${name}-artifacts-${number}-${region}`;
  expect(from(bucket, number)).toBe(true);
  expect(from(bucket, "999999999999")).toBe(false);
  expect(from("somebody-elses", number)).toBe(false);
});

test("nobody reads a release without TLS", () => {
  const need = needs.find((it) => it.kind === "instance" && it.action === "s3:GetObjectVersion");
  const { role, context, ...request } = need as Need;
  const plain = { ...request, context: { ...context, "aws:SecureTransport": "false" } };
  expect(ask(roles.get(role) as Role, plain, ofResources).reason).toBe("denied");
});
