import { App, Testing } from "cdktf";
import { beforeAll, describe, expect, test } from "vitest";
import { serviceFile } from "../service/service-file.ts";
import type { Cluster, ServiceSpec } from "../spec/cluster.ts";
import { readSynthesised, type Synthesised } from "../testing/synthesise.ts";
import { ClusterStack } from "./cluster-stack.ts";

const aService = (differs: Partial<ServiceSpec> = {}): ServiceSpec => ({
  instances: { min: 1, max: 2 },
  command: ["./run"],
  ...differs,
});

const aCluster = (services: Cluster["services"]): Cluster => ({
  name: "qa",
  cidr: "10.46.0.0/16",
  account: "111111111111",
  region: "eu-central-1",
  dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" },
  services,
});

const made = (services: Cluster["services"]) =>
  readSynthesised(Testing.synth(new ClusterStack(new App(), aCluster(services)), true));

/** The one resource of a type whose id matches. */
function one({ resources }: Synthesised, type: string, id: RegExp) {
  const [first, ...more] = Object.entries(resources(type)).filter(([it]) => id.test(it));
  expect([first?.[0], more]).toEqual([expect.any(String), []]);
  return { id: `${type}.${first?.[0]}`, it: first?.[1] ?? {} };
}

describe("an internal service", () => {
  let stack: Synthesised;
  beforeAll(() => {
    const beside = aService({ http: "internal", instances: { sharedWith: "web" }, basePort: 9000 });
    stack = made({ api: aService(), web: aService(), auth: beside });
  });

  test("has a rule at a load balancer with private addresses, and none at the public one", () => {
    const balancer = one(stack, "aws_lb", /^internal-load-balancer/);
    expect(balancer.it).toMatchObject({ name: "qa-internal", internal: true });
    const listener = one(stack, "aws_lb_listener", /^internal-load-balancer/);
    expect(listener.it).toMatchObject({ port: 80, protocol: "HTTP" });
    const rules = Object.values(stack.resources("aws_lb_listener_rule")).filter(
      ({ listener_arn }) => listener_arn.includes(listener.id),
    );
    expect(rules.map(({ condition }) => condition)).toEqual([
      [{ host_header: { values: ["auth.qa.internal"] } }],
    ]);
    expect(Object.values(stack.resources("aws_lb_listener_rule"))).toHaveLength(3);
  });

  test("is called by what carries the group of Consul's clients, as instances do, by nobody else", () => {
    const group = one(stack, "aws_security_group", /^internal-load-balancer/).id;
    const clients = one(stack, "aws_security_group", /^consul_client/).id;
    const into = Object.values(stack.resources("aws_vpc_security_group_ingress_rule")).filter(
      ({ security_group_id }) => security_group_id.includes(group),
    );
    expect(into).toEqual([
      expect.objectContaining({
        referenced_security_group_id: `\${${clients}.id}`,
        from_port: 80,
        to_port: 80,
      }),
    ]);
  });

  test("is reached by that load balancer beside a public service of its machines", () => {
    const balancers = ["load-balancer", "internal-load-balancer"].map(
      (it) => one(stack, "aws_security_group", new RegExp(`^${it}_`)).id,
    );
    const machines = one(stack, "aws_security_group", /^service-web/).id;
    const rules = Object.values(stack.resources("aws_vpc_security_group_ingress_rule"));
    const from = rules
      .filter(({ security_group_id }) => security_group_id.includes(machines))
      .map(({ referenced_security_group_id }) => referenced_security_group_id);
    expect(from.sort()).toEqual(balancers.map((it) => `\${${it}.id}`).sort());
  });

  test("has a name in the private zone, and none in the public one", () => {
    const zone = one(stack, "aws_route53_zone", /^consul/).id;
    const records = Object.values(stack.resources("aws_route53_record"));
    expect(records.filter(({ name }) => name.includes("auth"))).toEqual([
      expect.objectContaining({ name: "auth.qa.internal", zone_id: `\${${zone}.zone_id}` }),
    ]);
  });
});

test("a service that becomes internal has another target group, as one belongs to one load balancer", () => {
  const groupOf = (http: "public" | "internal") =>
    Object.entries(made({ web: aService({ http }) }).resources("aws_lb_target_group"));
  const [[id, it] = [], [internalId, internalIt] = []] = [
    groupOf("public")[0],
    groupOf("internal")[0],
  ];
  expect([it?.name, internalIt?.name]).toEqual(["qa-web", "qa-web-internal"]);
  expect(internalId).not.toBe(id);
});

test("a service of another protocol has another target group, made beside the first", () => {
  const groupOf = (protocol: "http1" | "grpc") =>
    Object.entries(made({ web: aService({ protocol }) }).resources("aws_lb_target_group"));
  const [[id, it] = [], [grpcId, grpcIt] = []] = [groupOf("http1")[0], groupOf("grpc")[0]];
  expect([it?.name, grpcIt?.name]).toEqual(["qa-web", "qa-web-grpc"]);
  expect(grpcId).not.toBe(id);
});

test("a cluster without an internal service has no second load balancer", () => {
  expect(Object.keys(made({ web: aService() }).resources("aws_lb"))).toHaveLength(1);
});

test("a service without HTTP has neither a target group nor an alarm nor a rule", () => {
  const stack = made({ web: aService({ http: "none" }) });
  expect(stack.resources("aws_lb_target_group")).toEqual({});
  expect(stack.resources("aws_lb_listener_rule")).toEqual({});
  const alarms = Object.values(stack.resources("aws_cloudwatch_metric_alarm"));
  expect(alarms.filter(({ alarm_name }) => alarm_name.startsWith("qa-web"))).toEqual([]);
});

test("the instances know an internal service by its one name, over plain HTTP", () => {
  const cluster = aCluster({ auth: aService({ http: "internal" }) });
  expect(serviceFile(cluster, "auth")).toMatchObject({
    http: "internal",
    hosts: ["auth.qa.internal"],
    plainHttp: true,
  });
});

test("hosts of an internal service are refused, with the reason", () => {
  const hosts = ["auth.example.org"];
  const cluster = aCluster({ auth: aService({ http: "internal", hosts }) });
  expect(() => serviceFile(cluster, "auth")).toThrow(
    'hosts is ["auth.example.org"]; good: left out: it answers at one name',
  );
});
