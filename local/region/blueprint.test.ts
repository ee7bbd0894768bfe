import { expect, test } from "vitest";
import { local } from "../../clusters/local.ts";
import { serviceFile } from "../../modules/service/service-file.ts";
import { userData } from "../../modules/service/user-data.ts";
import type { AppliedResource } from "../../terraform/terraform.ts";
import { readBlueprint } from "./blueprint.ts";

const web = serviceFile(local, "web");
const text = userData({
  cluster: "local",
  services: [web, { ...web, service: "jobs", basePort: 9000 }],
  consul: { datacenter: "local", retryJoin: ["consul"], tokenParameter: "/shoestring/token" },
  region: "eu-central-1",
  group: "local-web",
});

function resource(type: string, name: string, values: AppliedResource["values"]): AppliedResource {
  return { address: `${type}.${name}`, mode: "managed", type, name, values };
}

/** The part of a cluster's `terraform show -json` that a region reads. */
function applied(group: AppliedResource["values"] = {}) {
  const rule = (priority: number, target: string, host: string, paths: string[] = []) =>
    resource("aws_lb_listener_rule", host, {
      priority,
      action: [{ target_group_arn: target }],
      condition: [
        { host_header: [{ values: [host] }], path_pattern: [] },
        ...(paths.length > 0 ? [{ host_header: [], path_pattern: [{ values: paths }] }] : []),
      ],
    });
  const target = (arn: string, service: string) =>
    resource("aws_lb_target_group", service, {
      arn,
      health_check: [{ path: `/shoestring/health/${service}` }],
    });
  const aws = [
    resource("aws_lb", "load-balancer_resource", { idle_timeout: 60 }),
    resource("aws_autoscaling_group", "consul_server-1_resource", { min_size: 1, max_size: 1 }),
    resource("aws_autoscaling_group", "service-web_resource", {
      min_size: 2,
      max_size: 4,
      desired_capacity: 2,
      launch_template: [{ id: "lt-1" }],
      target_group_arns: ["tg-web", "tg-jobs"],
      ...group,
    }),
    resource("aws_launch_template", "service-web_launch-template", {
      id: "lt-1",
      user_data: Buffer.from(text).toString("base64"),
    }),
    rule(20, "tg-jobs", "jobs.local", ["/jobs/*"]),
    rule(10, "tg-web", "web.local"),
    target("tg-web", "web"),
    target("tg-jobs", "jobs"),
    resource("aws_s3_bucket_notification", "uploads", {
      bucket: "artifacts",
      queue: [{ queue_arn: "arn:announce", filter_suffix: ".tar.gz" }],
    }),
    resource("aws_sqs_queue", "announce", {
      arn: "arn:announce",
      name: "local-announce",
      redrive_policy: JSON.stringify({ deadLetterTargetArn: "arn:dead", maxReceiveCount: 5 }),
    }),
    resource("aws_sqs_queue", "dead", { arn: "arn:dead", name: "local-announce-dead" }),
    resource("aws_lambda_function", "announce", {
      environment: [{ variables: { CONSUL_TOKEN: "ssm:/shoestring/announce" } }],
    }),
  ];
  const config = [
    resource("consul_acl_policy", "web", { name: "agent-web", rules: "key …" }),
    resource("consul_keys", "level", { key: [{ path: "global/LOG_LEVEL", value: "debug" }] }),
  ];
  return { aws: { resources: aws }, config: { resources: config } };
}

test("a region's groups, rules, names, policies and keys are read from what was applied", () => {
  const blueprint = readBlueprint(applied());
  expect(blueprint).toMatchObject({
    consulServers: 1,
    idleTimeoutSeconds: 60,
    groups: [{ service: "web", count: 2, tokenParameter: "/shoestring/token" }],
    rules: [
      { service: "web", hosts: ["web.local"], paths: [], group: "web" },
      { service: "jobs", hosts: ["jobs.local"], paths: ["/jobs/*"], group: "web" },
    ],
    artifactsBucket: "artifacts",
    queue: "local-announce",
    deadLetters: "local-announce-dead",
    announceTokenParameter: "/shoestring/announce",
    announceTrace: undefined,
    policies: [{ name: "agent-web", rules: "key …" }],
    keys: [{ path: "global/LOG_LEVEL", value: "debug" }],
  });
});

test("a rule of a load balancer with private addresses is internal", () => {
  const { aws, config } = applied();
  const inside = [
    resource("aws_lb", "internal-load-balancer", { arn: "lb-internal", internal: true }),
    resource("aws_lb_listener", "internal", { arn: "http", load_balancer_arn: "lb-internal" }),
  ];
  const resources = aws.resources.map((it) =>
    it.type === "aws_lb_listener_rule" && it.name === "jobs.local"
      ? { ...it, values: { ...it.values, listener_arn: "http" } }
      : it,
  );
  const { rules } = readBlueprint({ aws: { resources: [...resources, ...inside] }, config });
  expect(rules.map(({ service, isInternal }) => [service, isInternal])).toEqual([
    ["web", undefined],
    ["jobs", true],
  ]);
});

test("a listener with TLS and the protocol of each target group are known", () => {
  const { aws, config } = applied();
  const versions: Record<string, string> = { web: "HTTP1", jobs: "GRPC" };
  const resources = aws.resources.map((it) =>
    it.type === "aws_lb_target_group"
      ? { ...it, values: { ...it.values, protocol_version: versions[it.name] } }
      : it,
  );
  const https = resource("aws_lb_listener", "https", { protocol: "HTTPS" });
  expect(readBlueprint({ aws: { resources }, config }).hasTls).toBe(false);
  const { hasTls, rules } = readBlueprint({ aws: { resources: [...resources, https] }, config });
  expect(hasTls).toBe(true);
  expect(rules.map(({ service, protocol }) => [service, protocol])).toEqual([
    ["web", undefined],
    ["jobs", "grpc"],
  ]);
});

test("an instance boots with the applied user data, byte for byte, and runs what it says", () => {
  const [group] = readBlueprint(applied()).groups;
  expect(group?.userData).toBe(text);
  expect(group?.services.map(({ service }) => service)).toEqual(["web", "jobs"]);
});

test.each([
  [{ desired_capacity: 1, min_size: 3 }, 3],
  [{ desired_capacity: 9, max_size: 4 }, 4],
  [{ desired_capacity: 3 }, 3],
])("a desired size outside of the limits is moved to the nearest one: %o", (group, count) => {
  expect(readBlueprint(applied(group)).groups[0]?.count).toBe(count);
});

test("an applied cluster that lacks a part is refused, and the error names the part", () => {
  const { aws, config } = applied();
  const without = aws.resources.filter(({ type }) => type !== "aws_lambda_function");
  expect(() => readBlueprint({ aws: { resources: without }, config })).toThrow(
    "it has 0 of aws_lambda_function, not one",
  );
});
