import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import type { TerraformStack } from "cdktf";
import { describe, expect, test } from "vitest";
import { Account } from "../../modules/account/index.ts";
import { Artifacts } from "../../modules/artifacts/index.ts";
import { Cdn } from "../../modules/cdn/index.ts";
import { Database } from "../../modules/database/index.ts";
import { FargateService } from "../../modules/fargate-service/index.ts";
import { LoadBalancer } from "../../modules/load-balancer/index.ts";
import { Network } from "../../modules/network/index.ts";
import { synthesise } from "../../modules/testing/synthesise.ts";
import { estimate } from "./estimate.ts";
import { unknownType } from "./inventory.ts";

/** A stack with these resources: `{ aws_eip: { one: {} } }`. */
const stack = (resource: object) => ({ resource });

const line = (json: unknown, what: string) => estimate(json).lines.find((it) => it.what === what);

/** An Auto Scaling group `web` and its launch template. */
const group = (fields: object, template: object = {}) =>
  stack({
    aws_launch_template: { web_template: { instance_type: "t4g.medium", ...template } },
    aws_autoscaling_group: {
      web: {
        name: "staging-web",
        launch_template: { id: "${aws_launch_template.web_template.id}" },
        min_size: 2,
        max_size: 4,
        ...fields,
      },
    },
  });

describe("machines", () => {
  test("a group costs what its launch template's machines cost, all month", () => {
    expect(line(group({}), "t4g.medium")).toEqual({
      what: "t4g.medium",
      count: 2,
      monthlyUsd: 56.06,
      note: "staging-web: 2 to 4",
    });
  });

  test("desired_capacity counts, and min_size where there is none", () => {
    expect(line(group({ desired_capacity: 3 }), "t4g.medium")?.count).toBe(3);
    expect(line(group({ desired_capacity: 0 }), "t4g.medium")).toBeUndefined();
    expect(line(group({ desired_capacity: "3" }), "t4g.medium")?.count).toBe(3);
  });

  test("a count that only Terraform knows is reported, and missing from the sum", () => {
    const json = group({ desired_capacity: "${var.size}", min_size: "${var.size}" });
    expect(estimate(json)).toEqual({
      lines: [
        expect.objectContaining({
          what: "Auto Scaling group",
          isMissing: true,
          note: "staging-web: neither desired_capacity nor min_size is a number",
        }),
      ],
      monthlyUsd: 0,
    });
  });

  test("a launch template of another stack is reported", () => {
    const json = group({ launch_template: [{ id: "lt-0123456789abcdef0" }] });
    expect(line(json, "Auto Scaling group")?.note).toContain("not in this stack");
  });

  test("a type without a price is reported with the file to add it to", () => {
    expect(line(group({}, { instance_type: "x9g.huge" }), "x9g.huge")).toMatchObject({
      monthlyUsd: 0,
      isMissing: true,
      note: 'no price: add "x9g.huge" to ci/cost/prices.ts; staging-web: 2 to 4',
    });
  });

  test("each machine has the volumes of the launch template", () => {
    const mapping = { ebs: [{ volume_size: 20, volume_type: "gp3", encrypted: "true" }] };
    const json = group({}, { block_device_mappings: [{ device_name: "/dev/xvda", ...mapping }] });
    expect(line(json, "GB of gp3 volume")).toMatchObject({
      count: 40,
      monthlyUsd: 3.81,
      note: "staging-web: 2 × 20 GB",
    });
  });

  test("a volume whose size only the image knows is marked as a guess", () => {
    expect(line(group({}), "GB of gp3 volume")).toMatchObject({
      count: 16,
      note: expect.stringContaining("a guess"),
    });
  });

  test("public addresses and detailed monitoring are the launch template's too", () => {
    const json = group(
      {},
      {
        network_interfaces: [{ associate_public_ip_address: "true" }],
        monitoring: { enabled: true },
      },
    );
    expect(line(json, "public IPv4 address")).toMatchObject({ count: 2, monthlyUsd: 7.3 });
    expect(line(json, "detailed monitoring of an instance")?.count).toBe(2);
  });

  const mixed = (distribution: object, override: object[] = []) =>
    group({
      desired_capacity: 5,
      launch_template: undefined,
      mixed_instances_policy: {
        instances_distribution: distribution,
        launch_template: {
          launch_template_specification: {
            launch_template_id: "${aws_launch_template.web_template.id}",
          },
          override,
        },
      },
    });

  test("machines above the base are spot, at the share of the price that the note names", () => {
    const json = mixed({
      on_demand_base_capacity: 1,
      on_demand_percentage_above_base_capacity: 25,
    });
    expect(line(json, "t4g.medium")?.count).toBe(2);
    expect(line(json, "t4g.medium spot")).toMatchObject({
      count: 3,
      monthlyUsd: 33.64,
      note: "staging-web: 2 to 4; spot is taken to cost 40 % of on demand",
    });
  });

  test("without percentages all machines are on demand, and the first of several types is priced", () => {
    const json = mixed({}, [{ instance_type: "t4g.small" }, { instance_type: "t3a.small" }]);
    expect(line(json, "t4g.small")).toMatchObject({
      count: 5,
      note: "staging-web: 2 to 4; one of t4g.small, t3a.small",
    });
  });

  test("a group of weighted machines is reported, since it cannot be counted", () => {
    const json = mixed({}, [{ instance_type: "t4g.small", weighted_capacity: "2" }]);
    expect(line(json, "Auto Scaling group")?.note).toContain("weighted_capacity");
  });

  test("a machine outside of a group has its type, volumes and address", () => {
    const json = stack({
      aws_instance: {
        one: {
          instance_type: "t3.micro",
          associate_public_ip_address: true,
          root_block_device: { volume_size: 10, volume_type: "gp3" },
          ebs_block_device: [{ volume_size: 5, volume_type: "gp2" }],
        },
      },
      aws_ebs_volume: { data: { size: 20, type: "gp3" } },
    });
    expect(line(json, "t3.micro")?.monthlyUsd).toBe(8.76);
    expect(line(json, "GB of gp3 volume")?.count).toBe(30);
    expect(line(json, "GB of gp2 volume")?.count).toBe(5);
    expect(line(json, "public IPv4 address")?.count).toBe(1);
  });
});

describe("the rest", () => {
  test("a load balancer costs its hours, a capacity unit, and an address in each zone", () => {
    const json = stack({ aws_lb: { one: { name: "staging-public", subnets: ["a", "b", "c"] } } });
    expect(line(json, "application load balancer")?.monthlyUsd).toBe(19.71);
    expect(line(json, "load balancer capacity unit")?.monthlyUsd).toBe(5.84);
    expect(line(json, "public IPv4 address")?.count).toBe(3);
    const inner = stack({ aws_lb: { one: { internal: true, subnets: ["a", "b"] } } });
    expect(line(inner, "public IPv4 address")).toBeUndefined();
  });

  test("an interface endpoint costs in each zone, and a gateway endpoint costs nothing", () => {
    const json = stack({
      aws_vpc_endpoint: {
        logs: { vpc_endpoint_type: "Interface", subnet_ids: ["a", "b"] },
        s3: { vpc_endpoint_type: "Gateway" },
        dynamodb: {},
      },
    });
    expect(estimate(json).lines).toMatchObject(
      [{ what: "interface endpoint in a zone", count: 2, monthlyUsd: 17.52, note: /^logs; / }].map(
        (it) => ({ ...it, note: expect.stringMatching(it.note) }),
      ),
    );
  });

  test("alarms cost by their metrics, and more for periods below a minute", () => {
    const metric = { metric: { period: 60 } };
    const json = stack({
      aws_cloudwatch_metric_alarm: {
        plain: { period: 60 },
        quick: { period: 10 },
        sum: { metric_query: [{ expression: "a + b" }, metric, metric] },
      },
    });
    expect(line(json, "CloudWatch alarm")).toMatchObject({ count: 3, monthlyUsd: 0.3 });
    expect(line(json, "CloudWatch alarm below a minute")?.monthlyUsd).toBe(0.3);
  });

  test("tasks of an unknown definition are reported, and those on machines of their own cost nothing", () => {
    const service = { task_definition: "${aws_ecs_task_definition.gone.arn}", desired_count: 1 };
    const one = stack({ aws_ecs_service: { one: { ...service, launch_type: "FARGATE" } } });
    expect(line(one, "Fargate task")?.isMissing).toBe(true);
    const other = stack({ aws_ecs_service: { one: { ...service, launch_type: "EC2" } } });
    expect(estimate(other)).toEqual({ lines: [], monthlyUsd: 0 });
  });

  test("an item that costs by use is listed without a sum, and an unknown type is reported", () => {
    const json = stack({
      aws_s3_bucket: { one: { bucket: "files" } },
      aws_mystery: { one: {} },
      aws_iam_role: { one: {} },
      consul_keys: { one: {} },
    });
    expect(estimate(json)).toEqual({
      lines: [
        expect.objectContaining({ what: "S3 bucket", note: expect.stringContaining("by use") }),
        { what: "aws_mystery", count: 1, monthlyUsd: 0, note: unknownType },
      ],
      monthlyUsd: 0,
    });
  });

  test("resources by count or for_each are reported, since they cannot be counted", () => {
    const json = stack({ aws_eip: { some: { for_each: "${var.all}" } } });
    expect(line(json, "aws_eip")?.isMissing).toBe(true);
  });

  test("a stack of another region has the note that its prices differ", () => {
    const provider = { aws: [{ alias: "cdn", region: "us-east-1" }, { region: "eu-west-1" }] };
    const json = { provider, resource: { aws_eip: { one: {} } } };
    expect(line(json, "public IPv4 address")?.note).toContain("in eu-west-1 it differs");
  });

  test.each([
    undefined,
    null,
    7,
    [[]],
    {},
    { resource: null },
    stack({ aws_eip: [] }),
    stack({ aws_lb: { one: null } }),
    stack({ aws_vpc_endpoint: { "//": { a: 1 } } }),
  ])("%j has no items and is no error", (json) => {
    expect(estimate(json)).toEqual({ lines: [], monthlyUsd: 0 });
  });
});

describe("the modules", () => {
  const read = (fill: (stack: TerraformStack) => void) => JSON.parse(synthesise(fill).text);
  const cluster = "staging";
  const place = { account: "123456789012", region: "eu-central-1", vpcId: "vpc-1" };
  const subnetIds = ["subnet-a", "subnet-b"];
  const certificateArn = "arn:aws:acm:eu-central-1:123456789012:certificate/one";

  test("a network has one NAT gateway with its address, or one in each zone on request", () => {
    const network = (nat: "one" | "per-zone" | "none") =>
      read((it) => {
        new Network(it, "network", { cluster, cidr: "10.42.0.0/16", region: place.region, nat });
      });
    expect(estimate(network("one"))).toMatchObject({
      lines: [
        { what: "NAT gateway", count: 1, monthlyUsd: 37.96, note: /^staging-a; and 0\.052 USD/ },
        { what: "public IPv4 address", count: 1, monthlyUsd: 3.65, note: /^staging-nat-a$/ },
      ].map((it) => ({ ...it, note: expect.stringMatching(it.note) })),
      monthlyUsd: 41.61,
    });
    expect(estimate(network("per-zone")).monthlyUsd).toBe(83.22);
    expect(estimate(network("none")).monthlyUsd).toBe(0);
  });

  test("a database with its standby costs twice, and a secret", () => {
    const database = (multiAz: boolean) =>
      read((it) => {
        new Database(it, "database", { cluster, vpcId: place.vpcId, subnetIds, multiAz });
      });
    expect(line(database(true), "db.t4g.medium in two zones")?.monthlyUsd).toBe(109.5);
    expect(line(database(true), "GB of gp3 for a database in two zones")?.monthlyUsd).toBe(5.48);
    expect(line(database(false), "db.t4g.medium")?.monthlyUsd).toBe(54.75);
    expect(line(database(false), "GB of gp3 for a database")?.monthlyUsd).toBe(2.74);
    expect(line(database(false), "Secrets Manager secret")?.count).toBe(1);
  });

  test("tasks cost their share of a processor and of memory", () => {
    const json = read((it) => {
      const loadBalancer = new LoadBalancer(it, "balancer", {
        cluster,
        vpcId: place.vpcId,
        subnetIds,
        certificateArn,
      });
      new FargateService(it, "pad", {
        ...place,
        cluster,
        service: "pad",
        subnetIds,
        loadBalancer,
        hosts: ["pad.example.org"],
        image: `public.ecr.aws/tools/pad@sha256:${"a1".repeat(32)}`,
        minTasks: 3,
      });
    });
    expect(line(json, "Fargate vCPU, arm64")).toMatchObject({
      count: 0.75,
      monthlyUsd: 20.39,
      note: "staging-pad: 3 × 0.25 vCPU",
    });
    expect(line(json, "Fargate GB, arm64")).toMatchObject({ count: 1.5, monthlyUsd: 4.48 });
    expect(line(json, "CloudWatch alarm")?.count).toBe(2);
    expect(line(json, "public IPv4 address")?.count).toBe(2);
  });

  test("a group and its launch template are read as CDKTF writes them", () => {
    const json = read((it) => {
      const template = new LaunchTemplate(it, "template", {
        instanceType: "m7g.large",
        blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { volumeSize: 30 } }],
        networkInterfaces: [{ associatePublicIpAddress: "true" }],
      });
      new AutoscalingGroup(it, "one", {
        name: "one",
        minSize: 1,
        maxSize: 1,
        launchTemplate: { id: template.id },
      });
      new AutoscalingGroup(it, "mixed", {
        name: "mixed",
        minSize: 1,
        maxSize: 9,
        desiredCapacity: 2,
        mixedInstancesPolicy: {
          instancesDistribution: { onDemandPercentageAboveBaseCapacity: 0 },
          launchTemplate: {
            launchTemplateSpecification: { launchTemplateId: template.id },
            override: [{ instanceType: "c7g.large" }],
          },
        },
      });
    });
    expect(line(json, "m7g.large")).toMatchObject({ count: 1, note: "one: 1 to 1" });
    expect(line(json, "c7g.large spot")?.count).toBe(2);
    expect(line(json, "GB of gp3 volume")?.count).toBe(90);
    expect(line(json, "public IPv4 address")?.count).toBe(3);
  });

  test("the estimate knows the type of every resource of the modules", () => {
    const json = read((it) => {
      new Network(it, "network", {
        cluster,
        cidr: "10.42.0.0/16",
        region: place.region,
        flowLogs: true,
      });
      new Artifacts(it, "artifacts", {
        ...place,
        cluster,
        subnetIds,
        consulAddress: "http://consul.staging.internal:8500",
        consulTokenParameter: "/shoestring/staging/announce/consul-token",
        alarmTopicArn: "arn:aws:sns:eu-central-1:123456789012:staging-alarms",
      });
      new Cdn(it, "cdn", {
        cluster,
        name: "web",
        origin: { hostName: "origin.example.org" },
        aliases: ["www.example.org"],
        certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/one",
      });
      new Account(it, "account", {
        account: place.account,
        region: place.region,
        repository: "acme@1/infrastructure@2",
        clusters: { [cluster]: place.region },
        monthlyBudgetUsd: 500,
        budgetEmails: ["finance@example.org"],
      });
      new LoadBalancer(it, "balancer", {
        cluster,
        vpcId: place.vpcId,
        subnetIds,
        certificateArn,
        webAclArn: "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/one/1",
      });
    });
    const { lines } = estimate(json);
    expect(lines.filter((it) => it.note.includes(unknownType) || it.isMissing)).toEqual([]);
    expect(lines.map((it) => it.what)).toContain("Lambda function");
  });
});
