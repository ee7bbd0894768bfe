import { expect, test } from "vitest";
import { LoadBalancer } from "../load-balancer/index.ts";
import { synthesise } from "../testing/synthesise.ts";
import { Service } from "./index.ts";
import { portClashes } from "./ports.ts";
import { aFile, made, minimal } from "./testing/made-service.ts";

const attach = (service: Service, loadBalancer: LoadBalancer) => service.attachTo({ loadBalancer });

test("hosts, ping and processes are enough for a service, whose instances are refreshed one by one", () => {
  const { only } = made();
  expect(only("aws_autoscaling_group")).toMatchObject({
    name: "staging-web",
    min_size: 2,
    max_size: 4,
    desired_capacity: 2,
    launch_template: { version: expect.stringMatching(/latest_version\}$/) },
    instance_refresh: { strategy: "Rolling", preferences: { min_healthy_percentage: 100 } },
    lifecycle: { ignore_changes: ["desired_capacity", "initial_lifecycle_hook"] },
    wait_for_capacity_timeout: "0",
  });
  expect(only("aws_autoscaling_group").warm_pool).toBeUndefined();
});

test.each([
  ["usual processes", {}, 600],
  [
    "many that start slowly, one after the other",
    { processes: 20, startTimeoutSeconds: 120 },
    2640,
  ],
  ["fractions of seconds", { processes: 7, startTimeoutSeconds: 60.1 }, 661],
  ["more than Auto Scaling can wait for", { processes: 99, startTimeoutSeconds: 3600 }, 7200],
])(
  "with %s, the group waits for the agent, and the agent gives up first",
  (_, differs, seconds) => {
    const { only, resources } = made({ service: aFile("web", differs) });
    const group = only("aws_autoscaling_group");
    const [launch, terminate] = group.initial_lifecycle_hook;
    // The first instances meet the same hooks as those that are launched later.
    const hooks = Object.entries(resources("aws_autoscaling_lifecycle_hook"));
    const [groupName] = Object.keys(resources("aws_autoscaling_group"));
    const autoscaling_group_name = `\${aws_autoscaling_group.${groupName}.name}`;
    expect(hooks.map(([, it]) => it)).toEqual([
      { ...launch, autoscaling_group_name },
      { ...terminate, autoscaling_group_name },
    ]);
    expect(launch).toMatchObject({ default_result: "ABANDON", heartbeat_timeout: seconds });
    // A machine that cannot confirm that it has left is terminated all the same.
    expect(terminate).toMatchObject({ default_result: "CONTINUE", heartbeat_timeout: 120 });
    const data = Buffer.from(only("aws_launch_template").user_data, "base64").toString();
    const setting = (field: string) =>
      new RegExp(`${field}\\\\": \\\\?"?([\\w-]+)`).exec(data)?.[1];
    expect(setting("group")).toBe(group.name);
    expect(setting("launchHook")).toBe(launch.name);
    expect(setting("terminateHook")).toBe(terminate.name);
    expect(Number(setting("launchSeconds"))).toBe(seconds - 120);
  },
);

test("an instance may complete the hooks of its own group, and nothing else of any group", () => {
  const { dataSources } = made();
  const statements = Object.values(dataSources("aws_iam_policy_document")).flatMap(
    (document) => document.statement,
  );
  const scaling = statements.filter((s) => /autoscaling:/.test(JSON.stringify(s.actions)));
  expect(scaling).toEqual([
    expect.objectContaining({
      actions: [
        "autoscaling:CompleteLifecycleAction",
        "autoscaling:RecordLifecycleActionHeartbeat",
      ],
      resources: [
        "arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:*:autoScalingGroupName/staging-web",
      ],
    }),
  ]);
});

test("an instance requires a token for metadata, and its disk is encrypted", () => {
  const template = made().only("aws_launch_template");
  expect(template.metadata_options).toMatchObject({
    http_tokens: "required",
    http_put_response_hop_limit: 1,
  });
  expect(template.block_device_mappings[0].ebs).toMatchObject({
    encrypted: "true",
    volume_type: "gp3",
  });
  expect(template.image_id).toBe("resolve:ssm:/shoestring/ami/stable/arm64");
});

test("an instance boots with the user data that boots the local region", () => {
  const text = Buffer.from(made().only("aws_launch_template").user_data, "base64").toString();
  expect(text).toContain("/etc/shoestring/services/web.json");
  expect(text).not.toContain("TOKEN[");
});

test("the role reads its own secrets and parameters, and nothing of another service", () => {
  const { dataSources } = made();
  const documents = Object.values(dataSources("aws_iam_policy_document"));
  const statements = documents.flatMap((document) => document.statement);
  const everywhere = statements.filter((s) => s.resources?.includes("*"));
  expect(everywhere.map((s) => s.sid)).toEqual(["HoldSessions"]);
  const secrets = statements.find((s) => s.sid === "OwnSecrets");
  expect(secrets.resources).toEqual([
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:staging/web/*",
  ]);
});

test("the role reads Slack's token only where Slack is configured", () => {
  const tokenParameter = "/shoestring/staging/global/slack-token";
  const arn = `arn:aws:ssm:eu-central-1:123456789012:parameter${tokenParameter}`;
  const slack = { channel: "C0123456789", tokenParameter };
  expect(made({ slack }).text).toContain(arn);
  expect(made().text).not.toContain(arn);
});

test("a load balancer adds a target group with the agent's check, a rule and three alarms", () => {
  const { only, resources } = made({}, attach);
  expect(only("aws_lb_target_group")).toMatchObject({
    name: "staging-web",
    port: 80,
    deregistration_delay: "30",
    health_check: { path: "/shoestring/health/web", interval: 5 },
  });
  expect(only("aws_lb_listener_rule").condition).toEqual([
    { host_header: { values: ["web.example.org"] } },
  ]);
  expect(
    Object.values(resources("aws_cloudwatch_metric_alarm"))
      .map((a) => a.alarm_name)
      .sort(),
  ).toEqual(["staging-web-errors", "staging-web-slow", "staging-web-unhealthy"]);
  expect(only("aws_autoscaling_group").target_group_arns).toHaveLength(1);
});

test("a client that stays with its process stays with its instance by the load balancer's cookie", () => {
  const { only } = made({ service: aFile("web", { stickySeconds: 600 }) }, attach);
  expect(only("aws_lb_target_group").stickiness).toEqual({
    enabled: true,
    type: "lb_cookie",
    cookie_duration: 600,
  });
});

test("without stickiness the target group says so, or it would keep an earlier one", () => {
  const { only } = made({}, attach);
  expect(only("aws_lb_target_group").stickiness).toEqual({ enabled: false, type: "lb_cookie" });
});

test("requests in flight have the drain of the kind that answers them, in whole seconds", () => {
  const delayOf = (differs: object) =>
    made({ service: aFile("web", differs) }, attach).only("aws_lb_target_group")
      .deregistration_delay;
  const web = { count: 1, ping: "/ping", drainTimeoutSeconds: 120 };
  const worker = { count: 1, drainTimeoutSeconds: 900 };
  expect(delayOf({ processes: 2, kinds: { worker, web } })).toBe("120");
  expect(delayOf({ drainTimeoutSeconds: 0.5 })).toBe("1");
});

test.each([
  ["http2", "HTTP2", "200-299"],
  ["grpc", "GRPC", "0"],
] as const)(
  "with %s the load balancer speaks %s to the instances",
  (protocol, version, matcher) => {
    const { only } = made({ service: aFile("web", { protocol }) }, attach);
    expect(only("aws_lb_target_group")).toMatchObject({
      protocol_version: version,
      health_check: { matcher },
    });
  },
);

test("only the load balancer reaches an instance", () => {
  const { resources } = made({}, attach);
  const inbound = Object.entries(resources("aws_vpc_security_group_ingress_rule")).filter(
    ([id]) => !id.startsWith("load-balancer"),
  );
  expect(inbound).toHaveLength(1);
  expect(inbound[0]?.[1]).toMatchObject({ from_port: 80, to_port: 80 });
  expect(inbound[0]?.[1].cidr_ipv4).toBeUndefined();
});

test("two load balancers may serve one service, for a migration between them", () => {
  const { resources, only } = synthesise((stack) => {
    const common = { cluster: "staging", vpcId: "vpc-1", subnetIds: ["a", "b"], plainHttp: true };
    const shared = new LoadBalancer(stack, "load-balancer", common);
    const own = new LoadBalancer(stack, "web-load-balancer", { ...common, name: "web" });
    const service = new Service(stack, "web", minimal);
    service.attachTo({ loadBalancer: shared });
    service.attachTo({ loadBalancer: own, name: "own" });
  });
  expect(
    Object.values(resources("aws_lb_target_group"))
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["staging-web", "staging-web-own"]);
  expect(only("aws_autoscaling_group").target_group_arns).toHaveLength(2);
});

test("a second service runs on the same instances, with its own target group and secrets", () => {
  const jobs = aFile("jobs", { basePort: 9000 });
  const { resources, only, dataSources } = made(
    { colocatedServices: [jobs] },
    (service, loadBalancer) => {
      service.attachTo({ loadBalancer });
      service.attachTo({ loadBalancer, service: jobs });
    },
  );
  expect(Object.values(resources("aws_lb_target_group"))).toHaveLength(2);
  const text = Buffer.from(only("aws_launch_template").user_data, "base64").toString();
  expect(text).toContain("/etc/shoestring/services/jobs.json");
  expect(JSON.stringify(dataSources("aws_iam_policy_document"))).toContain("secret:staging/jobs/*");
});

test("several types, or spot, make a mixed group whose minimum is on demand", () => {
  const { only } = made({
    instanceTypes: ["t4g.small", "m7g.medium"],
    spotPercent: 50,
    scaling: { cpuPercent: 60 },
  });
  const policy = only("aws_autoscaling_group").mixed_instances_policy;
  expect(policy.instances_distribution).toMatchObject({
    on_demand_base_capacity: 2,
    on_demand_percentage_above_base_capacity: 50,
  });
  expect(policy.launch_template.override).toEqual([
    { instance_type: "t4g.small" },
    { instance_type: "m7g.medium" },
  ]);
});

test.each([
  [{ min: -1 }, "min is -1; good: a whole number from 0"],
  [{ min: 3, max: 2 }, "max is 2; good: a whole number from min (3)"],
  [
    { instanceTypes: ["t3.small"] },
    'instanceTypes is ["t3.small"]; good: one or more types for arm64',
  ],
  [{ subnetIds: [] }, "subnetIds is []; good: one or more subnets"],
  [{ diskGib: 4 }, "diskGib is 4; good: a whole number from 8"],
  [{ spotPercent: 101 }, "spotPercent is 101"],
  [{ platform: "windows" as const }, 'good: "linux"; Windows is not built yet'],
  [{ account: "1" }, 'account is "1"; good: 12 digits'],
  [{ service: aFile("a-service-with-a-long-name-here") }, "cluster and service is"],
  [{ colocatedServices: [aFile("jobs")] }, "jobs and web both take port 8001"],
])("%o is refused", (differs, why) => {
  expect(() => made(differs)).toThrow(why);
});

test("port clashes of two services, of both sides and of Consul are found", () => {
  expect(portClashes([aFile("web"), aFile("jobs", { basePort: 9000 })])).toEqual([]);
  expect(portClashes([aFile("web"), aFile("jobs", { basePort: 8100 })])).toEqual([
    "jobs and web both take port 8101",
  ]);
  expect(portClashes([aFile("web", { basePort: 8200 })])).toEqual([
    "web and Consul both take port 8301",
  ]);
});

test("the instances may read the collector's headers, and nothing else of its cluster", () => {
  const trace = {
    endpoint: "https://api.honeycomb.io",
    headers: { "x-honeycomb-team": "ssm:/shoestring/staging/trace/key" },
  };
  expect(made({ trace }).text).toContain(":parameter/shoestring/staging/trace/key");
  expect(made().text).not.toContain("trace");
});
