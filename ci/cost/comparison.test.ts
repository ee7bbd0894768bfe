import type { TerraformStack } from "cdktf";
import { expect, test } from "vitest";
import { FargateService } from "../../modules/fargate-service/index.ts";
import { LoadBalancer } from "../../modules/load-balancer/index.ts";
import { Network } from "../../modules/network/index.ts";
import { synthesise } from "../../modules/testing/synthesise.ts";
import { comparison, oneSizeUp } from "./comparison.ts";

const template = (type: string) => ({
  instance_type: type,
  block_device_mappings: [{ ebs: { volume_size: 10, volume_type: "gp3" } }],
});
const group = (name: string, count: number, more: object = {}) => ({
  name,
  min_size: count,
  max_size: count,
  launch_template: { id: `\${aws_launch_template.${name}.id}` },
  ...more,
});
const targets = { target_group_arns: ["${aws_lb_target_group.web.arn}"] };

/** Two services on one load balancer, a worker, Consul, and one NAT gateway. */
const cluster = {
  resource: {
    aws_vpc: { one: {} },
    aws_nat_gateway: { a: {} },
    aws_eip: { a: {} },
    aws_lb: { public: { name: "public", subnets: ["a", "b"] } },
    aws_lb_target_group: { web: { protocol: "HTTP" }, api: { protocol: "HTTP" } },
    aws_launch_template: {
      web: template("t4g.medium"),
      api: template("t4g.small"),
      worker: template("t4g.small"),
      consul: template("t4g.micro"),
    },
    aws_autoscaling_group: {
      web: group("web", 2, targets),
      api: group("api", 2),
      worker: group("worker", 1),
      consul: group("consul", 3),
    },
    aws_autoscaling_attachment: {
      api: { autoscaling_group_name: "${aws_autoscaling_group.api.name}" },
    },
  },
};

const counts = (json: unknown) =>
  Object.fromEntries(comparison([json]).common.lines.map((it) => [it.what, it.count]));

test("the common way has a load balancer for each service, two gateways, and larger machines", () => {
  expect(counts(cluster)).toEqual({
    "application load balancer": 2,
    "load balancer capacity unit": 1,
    "NAT gateway": 2,
    "public IPv4 address": 2 + 2 * 2,
    "t4g.large": 2,
    "t4g.medium": 2,
    "t4g.small": 1,
    "GB of gp3 volume": 50,
  });
});

test("the saving is a share of the common way's bill", () => {
  const { ours, common, lessPercent } = comparison([cluster]);
  expect(ours.monthlyUsd).toBe(201.21);
  expect(common.monthlyUsd).toBe(330.05);
  expect(lessPercent).toBe(39.04);
});

test("a cluster's stacks are one bill", () => {
  const more = { resource: { aws_lb_target_group: { other: {} } } };
  expect(comparison([cluster, more]).common.lines).toContainEqual(
    expect.objectContaining({ what: "application load balancer", count: 3 }),
  );
});

test("the common way has no fewer gateways and load balancers than the cluster", () => {
  const json = {
    resource: {
      aws_vpc: { one: {} },
      aws_nat_gateway: { a: {}, b: {}, c: {} },
      aws_lb: { one: { internal: true }, two: { internal: true } },
      aws_lb_target_group: { web: {} },
    },
  };
  expect(comparison([json])).toMatchObject({ lessPercent: 0 });
});

test("the common way's load balancers are internal where the cluster's are", () => {
  const json = {
    resource: {
      aws_lb: { one: { name: "inner", internal: true } },
      aws_lb_target_group: { web: {}, api: {} },
    },
  };
  expect(counts(json)).toEqual({
    "application load balancer": 2,
    "load balancer capacity unit": 1,
  });
});

test("the common way puts machines with public addresses behind gateways", () => {
  const open = { network_interfaces: [{ associate_public_ip_address: "true" }] };
  const json = {
    resource: {
      aws_vpc: { one: {} },
      aws_launch_template: { web: { ...template("t4g.medium"), ...open } },
      aws_autoscaling_group: { web: group("web", 2, targets) },
    },
  };
  expect(counts(json)).toMatchObject({ "NAT gateway": 2, "public IPv4 address": 2 });
});

test("the common way adds nothing to a stack without a network", () => {
  expect(comparison([{ resource: { aws_kms_key: { one: {} } } }])).toMatchObject({
    ours: { monthlyUsd: 1 },
    common: { monthlyUsd: 1 },
    lessPercent: 0,
  });
  expect(comparison([{}]).lessPercent).toBe(0);
});

test("a bill with a missing price is not compared", () => {
  const json = {
    resource: {
      aws_launch_template: { web: template("t4g.2xlarge") },
      aws_autoscaling_group: { web: group("web", 2, targets) },
    },
  };
  const { common, ...rest } = comparison([json]);
  expect(rest).not.toHaveProperty("lessPercent");
  expect(common.lines).toContainEqual(
    expect.objectContaining({ what: "the size above t4g.2xlarge", isMissing: true }),
  );
});

test.each([
  ["t4g.nano", "t4g.micro"],
  ["t4g.medium spot", "t4g.large spot"],
  ["m7g.large", "m7g.xlarge"],
  ["GB of gp3 volume", "GB of gp3 volume"],
  ["x9g.huge", "x9g.huge"],
  ["t3a.2xlarge", "the size above t3a.2xlarge"],
])("one size up from %s is %s", (what, larger) => {
  expect(oneSizeUp(what)).toBe(larger);
});

test("services on Fargate share the load balancers and gateways that the common way has for each", () => {
  const fill = (stack: TerraformStack) => {
    const place = { cluster: "staging", account: "123456789012", region: "eu-central-1" };
    const network = new Network(stack, "network", { ...place, cidr: "10.42.0.0/16" });
    const { vpcId } = network;
    const loadBalancer = new LoadBalancer(stack, "balancer", {
      ...place,
      vpcId,
      subnetIds: network.publicSubnetIds,
      certificateArn: "arn:aws:acm:eu-central-1:123456789012:certificate/one",
    });
    for (const service of ["pad", "wiki", "chat"]) {
      new FargateService(stack, service, {
        ...place,
        service,
        vpcId,
        subnetIds: network.privateSubnetIds,
        loadBalancer,
        hosts: [`${service}.example.org`],
        image: `public.ecr.aws/tools/${service}@sha256:${"a1".repeat(32)}`,
      });
    }
  };
  const json = JSON.parse(synthesise(fill).text);
  expect(counts(json)).toMatchObject({ "application load balancer": 3, "NAT gateway": 2 });
  const { ours, common } = comparison([json]);
  // Two load balancers with two addresses each, and a gateway with its address.
  expect(common.monthlyUsd - ours.monthlyUsd).toBeCloseTo(2 * (19.71 + 7.3) + 37.96 + 3.65);
});
