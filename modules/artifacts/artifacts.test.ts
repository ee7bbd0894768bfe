import { expect, test } from "vitest";
import { type Arguments, synthesise } from "../testing/synthesise.ts";
import { Artifacts, type ArtifactsProps } from "./index.ts";

const props: ArtifactsProps = {
  cluster: "staging",
  account: "123456789012",
  region: "eu-central-1",
  vpcId: "vpc-1",
  subnetIds: ["subnet-a", "subnet-b"],
  consulAddress: "http://consul.staging.internal:8500",
  consulTokenParameter: "/shoestring/staging/announce/consul-token",
  alarmTopicArn: "arn:aws:sns:eu-central-1:123456789012:staging-alarms",
};

const make = (differing: Partial<ArtifactsProps> = {}, use = (_: Artifacts) => {}) =>
  synthesise((stack) => use(new Artifacts(stack, "artifacts", { ...props, ...differing })));

/** The resource whose address ends in this id. */
const byId = (all: Readonly<Record<string, Arguments>>, id: string): Arguments =>
  Object.entries(all).find(([name]) => name.startsWith(`artifacts_${id}_`))?.[1] ?? {};

const statements = ({ dataSources }: ReturnType<typeof make>, id: string): Arguments[] =>
  byId(dataSources("aws_iam_policy_document"), id).statement;

test("the bucket's name is globally unique, and the bucket is destroyed only when it is empty", () => {
  const bucket = make().only("aws_s3_bucket");
  expect(bucket.bucket).toBe("staging-artifacts-123456789012-eu-central-1");
  expect(bucket.force_destroy).toBeUndefined();
});

test("an archive is deleted only when it is tagged, in any version", () => {
  const { rule } = make({ retentionDays: 14 }).only("aws_s3_bucket_lifecycle_configuration");
  const deleting = rule.filter(
    (it: Arguments) => it.noncurrent_version_expiration || it.expiration?.[0]?.days,
  );
  expect(deleting).toEqual([
    expect.objectContaining({
      filter: [{ tag: [{ key: "expire", value: "yes" }] }],
      expiration: [{ days: 14 }],
    }),
  ]);
});

test("only archives are announced, and only after the queue accepts them", () => {
  const notification = make().only("aws_s3_bucket_notification");
  expect(notification.queue).toEqual([
    expect.objectContaining({ events: ["s3:ObjectCreated:*"], filter_suffix: ".tar.gz" }),
  ]);
  expect(notification.depends_on).toEqual(
    expect.arrayContaining([expect.stringMatching(/^aws_sqs_queue_policy\./)]),
  );
});

test("only this bucket of this account may send to the queue", () => {
  const [statement, ...more] = statements(make(), "queue-policy-document");
  expect(more).toEqual([]);
  expect(statement).toMatchObject({
    actions: ["sqs:SendMessage"],
    principals: [{ type: "Service", identifiers: ["s3.amazonaws.com"] }],
  });
  expect(statement?.condition.map((it: Arguments) => it.variable)).toEqual([
    "aws:SourceArn",
    "aws:SourceAccount",
  ]);
});

test("a message stays hidden for six function timeouts, and becomes a dead letter after five attempts", () => {
  const { only, resources } = make();
  const queue = byId(resources("aws_sqs_queue"), "queue");
  expect(queue.visibility_timeout_seconds).toBe(6 * only("aws_lambda_function").timeout);
  expect(queue.redrive_policy).toMatch(
    /^\$\{jsonencode\(\{"deadLetterTargetArn" = aws_sqs_queue\.\S+\.arn, "maxReceiveCount" = 5\}\)\}$/,
  );
  const dead = byId(resources("aws_sqs_queue"), "dead-letters");
  expect(dead.message_retention_seconds).toBe(14 * 24 * 3600);
  for (const it of [queue, dead]) expect(it.sqs_managed_sse_enabled).toBe(true);
});

test("the function has the settings that the announce handler needs", () => {
  const { only, text } = make();
  expect(only("aws_lambda_function")).toMatchObject({
    function_name: "staging-announce",
    runtime: "nodejs22.x",
    architectures: ["arm64"],
    filename: "../../../dist/announce.zip",
    source_code_hash: '${filebase64sha256("../../../dist/announce.zip")}',
    environment: {
      variables: {
        CONSUL_URL: "http://consul.staging.internal:8500",
        CONSUL_TOKEN: "ssm:/shoestring/staging/announce/consul-token",
      },
    },
    vpc_config: { subnet_ids: ["subnet-a", "subnet-b"] },
  });
  expect(text).not.toContain(process.cwd());
  expect(text).not.toMatch(/TOKEN\[/i);
});

test("an invalid message fails alone, and the queue itself limits the concurrent runs", () => {
  const { only } = make();
  expect(only("aws_lambda_event_source_mapping")).toMatchObject({
    batch_size: 10,
    function_response_types: ["ReportBatchItemFailures"],
    scaling_config: { maximum_concurrency: 2 },
  });
});

test("the function reserves no concurrent runs, which a new account refuses", () => {
  const { only } = make();
  expect(only("aws_lambda_function")).not.toHaveProperty("reserved_concurrent_executions");
});

test("the function's role names every resource, except for its network interfaces", () => {
  const all = statements(make(), "role-policy-policy");
  const unnamed = all.filter((it) => it.effect !== "Deny" && it.resources.includes("*"));
  expect(unnamed.map((it) => it.sid)).toEqual(["JoinTheVpc"]);
  const actions = all.flatMap((it) => it.actions as string[]);
  expect(actions.filter((action) => action.includes("*"))).toEqual([]);
  expect(all.find((it) => it.sid === "ReadItsToken")?.resources).toEqual([
    "arn:aws:ssm:eu-central-1:123456789012:parameter/shoestring/staging/announce/consul-token",
  ]);
  expect(all.find((it) => it.effect === "Deny")?.actions).toContain("ec2:CreateNetworkInterface");
});

test("nothing may call the function, and it calls Consul's servers where their group is given", () => {
  const { resources } = make({ consulSecurityGroupId: "sg-consul" });
  expect(resources("aws_vpc_security_group_ingress_rule")).toEqual({});
  const toConsul = byId(resources("aws_vpc_security_group_egress_rule"), "to-consul");
  expect(toConsul).toMatchObject({
    from_port: 8500,
    to_port: 8500,
    referenced_security_group_id: "sg-consul",
  });
  expect(toConsul.cidr_ipv4).toBeUndefined();
});

test.each([
  ["https://consul.example.org", 443],
  ["http://consul.example.org", 80],
  ["https://consul.example.org:8501", 8501],
])("the egress port for Consul at %s is %i", (consulAddress, port) => {
  const rules = make({ consulAddress }).resources("aws_vpc_security_group_egress_rule");
  expect(byId(rules, "to-consul")).toMatchObject({ from_port: port, to_port: port });
});

test("alarms about waiting uploads, dead letters and a failing function go to the topic", () => {
  const all = Object.values(make().resources("aws_cloudwatch_metric_alarm"));
  expect(all.map((it) => it.metric_name).sort()).toEqual([
    "ApproximateAgeOfOldestMessage",
    "ApproximateNumberOfMessagesVisible",
    "Errors",
  ]);
  for (const it of all) {
    expect(it.alarm_actions).toEqual([props.alarmTopicArn]);
    expect(it.treat_missing_data).toBe("notBreaching");
  }
});

test("a role reads or pushes the archives of its own service only", () => {
  const synthesised = make({}, (artifacts) => {
    artifacts.grantRead("staging-web", "web");
    artifacts.grantRead("staging-debug", "web", "debug-web");
    artifacts.grantPush("deploy-web", "web");
  });
  for (const id of ["read-web-policy", "read-debug-web-policy"]) {
    const [statement, ...more] = statements(synthesised, id);
    expect(more).toEqual([]);
    expect(statement?.actions).toEqual(["s3:GetObjectVersion"]);
    expect(statement?.resources).toEqual([expect.stringMatching(/\.arn\}\/web\/\*$/)]);
  }
  expect(statements(synthesised, "push-web-policy")).toMatchObject([
    { actions: ["s3:PutObject"], resources: [expect.stringMatching(/\.arn\}\/web\/\*$/)] },
    { actions: ["s3:ListBucket"], condition: [{ variable: "s3:prefix", values: ["web/*"] }] },
  ]);
  const grants = synthesised.resources("aws_iam_role_policy");
  expect(byId(grants, "push-web")).toMatchObject({ role: "deploy-web" });
  expect(byId(grants, "read-debug-web")).toMatchObject({ role: "staging-debug" });
});

test("a role that pushes archives can never replace one", () => {
  const [put] = statements(
    make({}, (it) => it.grantPush("deploy-web", "web")),
    "push-web-policy",
  );
  expect(put?.condition).toEqual([
    { test: "Null", variable: "s3:if-none-match", values: ["false"] },
  ]);
});

test.each(["we*", "deploys", ""])("a grant for the invalid service %j is refused", (service) => {
  expect(() => make({}, (artifacts) => artifacts.grantRead("role", service))).toThrow(
    `service is ${JSON.stringify(service)}; good: the name of a service, like "web"`,
  );
});

test.each<[keyof ArtifactsProps, unknown, string]>([
  ["cluster", "Staging", "a lower-case letter"],
  [
    "cluster",
    "a".repeat(28),
    "a lower-case letter, then letters, digits or dashes, at most 27 in all",
  ],
  ["account", "1234", '12 digits, like "123456789012"'],
  ["region", "frankfurt", 'a region, like "eu-central-1"'],
  ["subnetIds", [], "the ids of the private subnets, one or more"],
  ["consulAddress", "consul:8500", "a URL with nothing after the port"],
  ["consulTokenParameter", "consul-token", "the full name of an SSM parameter"],
  ["functionPackage", "dist/announce.mjs", 'a zip, like "dist/announce.zip"'],
  ["alarmTopicArn", "alarms", "the ARN of an SNS topic"],
  ["retentionDays", 0, "a whole number of days from 1, like 90"],
])("%s may not be %j", (prop, value, good) => {
  expect(() => make({ [prop]: value })).toThrow(
    `${prop} is ${JSON.stringify(value)}; good: ${good}`,
  );
});

test("the function gets a collector's endpoint, with its headers as references that it may read", () => {
  const trace = {
    endpoint: "http://collector.staging.internal:4318",
    headers: { authorization: "ssm:/shoestring/staging/trace/key" },
  };
  const traced = make({ trace });
  const { variables } = traced.only("aws_lambda_function").environment;
  expect(JSON.parse(variables.TRACE)).toEqual(trace);
  const readable = statements(traced, "role-policy-policy").find((it) => it.sid === "ReadItsToken");
  expect(readable?.resources).toContain(
    "arn:aws:ssm:eu-central-1:123456789012:parameter/shoestring/staging/trace/key",
  );
  const toCollector = byId(traced.resources("aws_vpc_security_group_egress_rule"), "to-collector");
  expect(toCollector).toMatchObject({ from_port: 4318, to_port: 4318 });
});

test("without a collector the function has no trace settings", () => {
  const { only, text } = make();
  expect(only("aws_lambda_function").environment.variables).not.toHaveProperty("TRACE");
  expect(text).not.toContain("collector");
});
