import { LbListenerRule } from "@cdktf/provider-aws/lib/lb-listener-rule/index.js";
import type { Construct } from "constructs";
import { expect, test } from "vitest";
import { type Arguments, synthesise } from "../testing/synthesise.ts";
import { FargateService, type FargateServiceProps, type SharedLoadBalancer } from "./index.ts";

const props: Omit<FargateServiceProps, "loadBalancer"> = {
  cluster: "staging",
  service: "pad",
  account: "123456789012",
  region: "eu-central-1",
  vpcId: "vpc-1",
  subnetIds: ["subnet-a", "subnet-b"],
  hosts: ["pad.example.org"],
  image: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/tools/pad@sha256:${"a1".repeat(32)}`,
};

/** A load balancer that records its calls. */
function balancer(scope: Construct) {
  const asked: unknown[] = [];
  const loadBalancer: SharedLoadBalancer = {
    securityGroupId: "sg-balancer",
    addRule(rule) {
      asked.push(rule);
      return new LbListenerRule(scope, "rule", {
        listenerArn: "arn:listener",
        action: [{ type: "forward", targetGroupArn: rule.targetGroupArn }],
        condition: [{ hostHeader: { values: [...rule.hosts] } }],
      });
    },
    allowTo: (...to) => asked.push(to),
  };
  return { asked, loadBalancer };
}

function make(differing: Partial<FargateServiceProps> = {}, use = (_: FargateService) => {}) {
  let asked: unknown[] = [];
  const synthesised = synthesise((stack) => {
    const fake = balancer(stack);
    asked = fake.asked;
    const { loadBalancer } = fake;
    use(new FargateService(stack, "pad", { ...props, loadBalancer, ...differing }));
  });
  return { ...synthesised, asked };
}

type Made = ReturnType<typeof make>;

/** The container as ECS reads it, once Terraform has encoded it. */
function container({ only }: Made): Arguments {
  const [, hcl] = /^\$\{jsonencode\((.*)\)\}$/s.exec(
    only("aws_ecs_task_definition").container_definitions,
  ) as RegExpExecArray;
  const json = (hcl as string)
    .replaceAll('" = ', '": ')
    .replaceAll(/": (aws_[\w.-]+)/g, '": "$1"') // a reference
    .replaceAll("$${", "${")
    .replaceAll("%%{", "%{");
  return JSON.parse(json)[0];
}

const byId = (all: Readonly<Record<string, Arguments>>, id: string): Arguments =>
  Object.entries(all).find(([name]) => name.startsWith(`pad_${id}_`))?.[1] ?? {};

const executionStatements = ({ dataSources }: Made): Arguments[] =>
  byId(dataSources("aws_iam_policy_document"), "execution-role-policy-policy").statement;

test("a failed deploy is rolled back, and never leaves fewer tasks than before", () => {
  expect(make().only("aws_ecs_service")).toMatchObject({
    name: "staging-pad",
    deployment_circuit_breaker: { enable: true, rollback: true },
    deployment_minimum_healthy_percent: 100,
    deployment_maximum_percent: 200,
  });
});

test("Terraform sets the number of tasks once, and scaling changes it afterwards", () => {
  const { only } = make({ minTasks: 3, maxTasks: 9, cpuTargetPercent: 70 });
  expect(only("aws_ecs_service")).toMatchObject({
    desired_count: 3,
    lifecycle: { ignore_changes: ["desired_count"] },
  });
  expect(only("aws_appautoscaling_target")).toMatchObject({ min_capacity: 3, max_capacity: 9 });
  expect(
    only("aws_appautoscaling_policy").target_tracking_scaling_policy_configuration,
  ).toMatchObject({ target_value: 70 });
});

test("tasks have no public address and accept only the load balancer, on their port", () => {
  const { only } = make({ port: 3000 });
  expect(only("aws_ecs_service").network_configuration).toMatchObject({
    assign_public_ip: false,
    subnets: ["subnet-a", "subnet-b"],
  });
  expect(only("aws_vpc_security_group_ingress_rule")).toMatchObject({
    referenced_security_group_id: "sg-balancer",
    from_port: 3000,
    to_port: 3000,
  });
});

test("the load balancer gets a rule and access to the tasks, and the service waits for the rule", () => {
  const { asked, only } = make({ paths: ["/pad/*"], priority: 7 });
  const [[id, group, port], rule] = asked as [[string, string, number], Arguments];
  expect([id, port]).toEqual(["pad", 8080]);
  expect(group).toBeTypeOf("string");
  expect(rule).toMatchObject({
    service: "pad",
    hosts: props.hosts,
    paths: ["/pad/*"],
    priority: 7,
  });
  expect(only("aws_ecs_service").depends_on).toContain("aws_lb_listener_rule.rule");
});

test("another port keeps the target group, since a rule uses it", () => {
  const group = (differing: Partial<FargateServiceProps>) =>
    make(differing).only("aws_lb_target_group");
  expect(group({ port: 3000 })).toEqual(group({ port: 8080 }));
  expect(group({ ping: "/well", drainSeconds: 5 })).toMatchObject({
    target_type: "ip",
    deregistration_delay: "5",
    health_check: { path: "/well", matcher: "200-299" },
  });
});

test("a task is one container of an exact image, with its log", () => {
  const made = make({ cpu: 1024, memoryMib: 2048, architecture: "x86_64" });
  expect(made.only("aws_ecs_task_definition")).toMatchObject({
    cpu: "1024",
    memory: "2048",
    network_mode: "awsvpc",
    runtime_platform: { cpu_architecture: "X86_64" },
  });
  expect(container(made)).toMatchObject({
    name: "pad",
    image: props.image,
    portMappings: [{ containerPort: 8080 }],
    linuxParameters: { initProcessEnabled: true },
  });
  expect(made.only("aws_cloudwatch_log_group")).toMatchObject({
    name: "/aws/ecs/staging-pad",
    retention_in_days: 30,
  });
});

test("environment values arrive unchanged, including special characters", () => {
  const awkward = 'a "b" \\ ${c} %{d}\n\té';
  const made = make({ environment: { TITLE: awkward, A: "1" } });
  expect(container(made).environment).toEqual([
    { name: "A", value: "1" },
    { name: "TITLE", value: awkward },
  ]);
});

const secrets = {
  KEY: { parameter: "/shoestring/staging/pad/key" },
  DATABASE_PASSWORD: {
    secretArn: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:pad-1a2b3c",
    key: "password",
  },
};

test("secrets are references, which ECS reads when a task starts", () => {
  expect(container(make({ secrets })).secrets).toEqual([
    {
      name: "DATABASE_PASSWORD",
      valueFrom: `${secrets.DATABASE_PASSWORD.secretArn}:password::`,
    },
    {
      name: "KEY",
      valueFrom: "arn:aws:ssm:eu-central-1:123456789012:parameter/shoestring/staging/pad/key",
    },
  ]);
});

test("the execution role may read the task's own image, log and secrets, and nothing else", () => {
  const statements = executionStatements(make({ secrets }));
  expect(statements.map(({ sid, actions, resources }) => [sid, actions[0], resources[0]])).toEqual([
    ["Log", "logs:CreateLogStream", expect.stringMatching(/^\$\{aws_cloudwatch_log_group\./)],
    [
      "Pull",
      "ecr:BatchCheckLayerAvailability",
      "arn:aws:ecr:eu-central-1:123456789012:repository/tools/pad",
    ],
    ["SignInToPull", "ecr:GetAuthorizationToken", "*"],
    [
      "ReadParameters",
      "ssm:GetParameters",
      "arn:aws:ssm:eu-central-1:123456789012:parameter/shoestring/staging/pad/key",
    ],
    ["ReadSecrets", "secretsmanager:GetSecretValue", secrets.DATABASE_PASSWORD.secretArn],
  ]);
});

test("a public image without secrets needs only the log", () => {
  const image = `public.ecr.aws/docker/library/nginx@sha256:${"0".repeat(64)}`;
  expect(executionStatements(make({ image })).map((it) => it.sid)).toEqual(["Log"]);
});

test("the container's own role may do nothing, and only tasks of this account may assume it", () => {
  const { resources, dataSources } = make();
  expect(Object.keys(resources("aws_iam_role_policy"))).toHaveLength(1);
  const [statement] = byId(dataSources("aws_iam_policy_document"), "task-role-assume").statement;
  expect(statement).toMatchObject({
    principals: [{ type: "Service", identifiers: ["ecs-tasks.amazonaws.com"] }],
    condition: [{ variable: "aws:SourceAccount", values: ["123456789012"] }],
  });
});

test("tasks reach the allowed groups, besides HTTPS", () => {
  const { resources } = make({}, (pad) => pad.allowTo("database", "sg-database", 5432));
  const rules = resources("aws_vpc_security_group_egress_rule");
  expect(Object.keys(rules)).toHaveLength(2);
  expect(byId(rules, "reach-database")).toMatchObject({
    referenced_security_group_id: "sg-database",
    from_port: 5432,
    to_port: 5432,
  });
});

test("every reference is kept in the container's definition", () => {
  const { text } = make({}, (pad) => {
    expect(pad.taskRoleName).toBeTypeOf("string");
  });
  expect(text).not.toMatch(/TOKEN\[/i);
});

test.each<[string, Partial<FargateServiceProps>, string]>([
  ["cluster", { cluster: "Staging" }, 'cluster is "Staging"; good: a name, like "staging"'],
  ["service", { service: "deploys" }, 'service is "deploys"; good: the name of a service'],
  ["service", { service: "p".repeat(25) }, "at most 24 characters beside the cluster's"],
  ["account", { account: "1" }, 'account is "1"; good: 12 digits'],
  ["region", { region: "here" }, 'region is "here"; good: a region'],
  ["subnetIds", { subnetIds: [] }, "subnetIds is []; good: the ids of the private subnets"],
  ["hosts", { hosts: [] }, "hosts is []; good: one host name or more"],
  ["image", { image: "nginx:latest" }, 'image is "nginx:latest"; good: an image with its digest'],
  ["port", { port: 0 }, "port is 0; good: a port from 1 to 65535, like 8080"],
  ["cpu", { cpu: 300 }, "cpu is 300; good: one of 256, 512, 1024, 2048, 4096, 8192, 16384"],
  [
    "memoryMib",
    { cpu: 512, memoryMib: 512 },
    "memoryMib is 512; good: with cpu 512 one of 1024, 2048, 3072, 4096",
  ],
  [
    "environment",
    { environment: { "A-B": "1" } },
    'environment and secrets is ["A-B"]; good: names of letters',
  ],
  [
    "environment and secrets",
    { environment: { KEY: "1" }, secrets: { KEY: { parameter: "/a" } } },
    "each in one of the two",
  ],
  [
    "parameter",
    { secrets: { KEY: { parameter: "key" } } },
    'secrets.KEY.parameter is "key"; good: the full name',
  ],
  [
    "secret",
    { secrets: { KEY: { secretArn: "pad" } } },
    'secrets.KEY.secretArn is "pad"; good: the ARN of a secret',
  ],
  ["ping", { ping: "ping" }, 'ping is "ping"; good: a path, like "/ping"'],
  [
    "startSeconds",
    { startSeconds: -1 },
    "startSeconds is -1; good: seconds from 0 to 3600, like 60",
  ],
  [
    "drainSeconds",
    { drainSeconds: 4000 },
    "drainSeconds is 4000; good: seconds from 0 to 3600, like 30",
  ],
  ["minTasks", { minTasks: 0 }, "minTasks is 0; good: a whole number from 1, like 2"],
  [
    "maxTasks",
    { minTasks: 5, maxTasks: 4 },
    "maxTasks is 4; good: a whole number, at least minTasks (5)",
  ],
  [
    "cpuTargetPercent",
    { cpuTargetPercent: 99 },
    "cpuTargetPercent is 99; good: percent from 10 to 90",
  ],
])("an invalid %s is refused: %o", (_prop, differing, message) => {
  expect(() => make(differing)).toThrow(message);
});
