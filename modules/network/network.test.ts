import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { expect, test } from "vitest";
import { type Arguments, synthesise } from "../testing/synthesise.ts";
import { overlap } from "./cidr.ts";
import { Network, type NetworkProps } from "./index.ts";
import { zoneBlocks } from "./subnets.ts";

const minimal = { cluster: "staging", cidr: "10.42.0.0/16", region: "eu-central-1" } as const;

function made(props: Partial<NetworkProps> = {}) {
  let network!: Network;
  const synthesised = synthesise((stack) => {
    network = new Network(stack, "network", { ...minimal, ...props });
  });
  const all = (type: string): Arguments[] => Object.values(synthesised.resources(type));
  /** The only resource of a type whose address has the id. */
  const one = (type: string, id: string) => {
    const found = Object.entries(synthesised.resources(type)).filter(([address]) =>
      address.startsWith(`network_${id}_`),
    );
    expect(found.map(([address]) => address)).toHaveLength(1);
    return found[0]?.[1] as Arguments;
  };
  return { ...synthesised, network, all, one };
}

test("minimal props make two zones with a public and a private subnet each, and one NAT gateway", () => {
  const { network, all, one, text } = made();
  expect(
    all("aws_subnet").map((it) => [it.tags.Name, it.availability_zone, it.cidr_block]),
  ).toEqual([
    ["staging-private-a", "eu-central-1a", "10.42.0.0/19"],
    ["staging-private-b", "eu-central-1b", "10.42.64.0/19"],
    ["staging-public-a", "eu-central-1a", "10.42.32.0/20"],
    ["staging-public-b", "eu-central-1b", "10.42.96.0/20"],
  ]);
  expect(one("aws_vpc", "resource")).toMatchObject({
    enable_dns_support: true,
    enable_dns_hostnames: true,
  });
  expect(all("aws_nat_gateway")).toHaveLength(1);
  expect(all("aws_flow_log")).toEqual([]);
  expect(network.cidr).toBe("10.42.0.0/16");
  expect(network.assignPublicIp).toBe(false);
  expect(network.instanceSubnetIds).toEqual(network.privateSubnetIds);
  expect(network.natAddresses).toHaveLength(1);
  expect(text).not.toMatch(/TOKEN\[/i);
});

test("with one NAT gateway every private subnet goes out through it", () => {
  const { one } = made();
  const gateways = ["a", "b"].map(
    (letter) => one("aws_route", `private-${letter}-internet`).nat_gateway_id,
  );
  expect(gateways[0]).toContain("network_nat-a_");
  expect(gateways[1]).toBe(gateways[0]);
});

test("with a NAT gateway per zone each private subnet goes out through its own zone", () => {
  const { network, one } = made({ zones: 3, nat: "per-zone" });
  for (const letter of ["a", "b", "c"]) {
    expect(one("aws_route", `private-${letter}-internet`).nat_gateway_id).toContain(
      `network_nat-${letter}_`,
    );
    expect(one("aws_nat_gateway", `nat-${letter}`).subnet_id).toContain(`public-${letter}_`);
  }
  expect(network.natAddresses).toHaveLength(3);
});

test("without NAT instances are in public subnets, and private ones have no way out", () => {
  const { network, all } = made({ nat: "none" });
  expect(all("aws_nat_gateway")).toEqual([]);
  expect(all("aws_eip")).toEqual([]);
  expect(all("aws_route")).toHaveLength(1);
  expect(network.assignPublicIp).toBe(true);
  expect(network.instanceSubnetIds).toEqual(network.publicSubnetIds);
});

test("another zone, other letters or another NAT moves no subnet and renames nothing", () => {
  const before = made({ zones: 2 });
  const after = made({ zones: 3, nat: "per-zone" });
  expect(after.addresses).toEqual(expect.arrayContaining([...before.addresses]));
  expect(after.resources("aws_subnet")).toMatchObject(before.resources("aws_subnet"));
  expect(made({ zoneLetters: ["b", "c"] }).one("aws_subnet", "private-b").cidr_block).toBe(
    before.one("aws_subnet", "private-b").cidr_block,
  );
});

test("the smallest network has room for three zones without overlap", () => {
  const blocks = (["a", "b", "c", "d"] as const).flatMap((letter) =>
    Object.values(zoneBlocks("10.42.252.0/22", letter)),
  );
  expect(blocks).toContain("10.42.252.128/26");
  for (const [at, block] of blocks.entries()) {
    for (const other of blocks.slice(at + 1)) expect(overlap(block, other)).toBe(false);
  }
});

test("every route table has the free route to S3", () => {
  const { all, one } = made({ zones: 3 });
  expect(one("aws_vpc_endpoint", "s3")).toMatchObject({
    service_name: "com.amazonaws.eu-central-1.s3",
    vpc_endpoint_type: "Gateway",
  });
  const tables = all("aws_vpc_endpoint_route_table_association").map((it) => it.route_table_id);
  expect(all("aws_route_table")).toHaveLength(4);
  expect(new Set(tables).size).toBe(4);
});

test("the default security group lets nothing in or out", () => {
  const { only } = made();
  expect(only("aws_default_security_group")).toMatchObject({ ingress: [], egress: [] });
});

test("no subnet assigns public addresses", () => {
  for (const nat of ["one", "none"] as const) {
    for (const subnet of made({ nat }).all("aws_subnet")) {
      expect(subnet.map_public_ip_on_launch).toBe(false);
    }
  }
});

test("flow logs go to a log group that only their role may write", () => {
  const { only, all, dataSources } = made({ flowLogs: true, flowLogDays: 30 });
  expect(only("aws_flow_log")).toMatchObject({ traffic_type: "ALL" });
  expect(only("aws_cloudwatch_log_group")).toMatchObject({
    name: "staging-flow-logs",
    retention_in_days: 30,
  });
  expect(all("aws_iam_role")).toHaveLength(1);
  const statements = Object.values(dataSources("aws_iam_policy_document")).flatMap(
    (document) => document.statement,
  );
  expect(statements.flatMap((it) => it.resources ?? [])).toEqual([
    expect.stringMatching(/^\$\{aws_cloudwatch_log_group\..*\.arn\}:\*$/),
    "*",
  ]);
  expect(statements.find((it) => it.resources?.includes("*")).actions).toEqual([
    "logs:DescribeLogGroups",
  ]);
  expect(statements.flatMap((it) => it.condition ?? [])).toMatchObject([
    { variable: "aws:SourceAccount" },
  ]);
});

test("resources that start instances can wait until every subnet reaches the internet", () => {
  const { only } = synthesise((stack) => {
    const network = new Network(stack, "network", minimal);
    new SecurityGroup(stack, "instances", { dependsOn: [...network.internetRoutes] });
  });
  const waited: string[] = only("aws_security_group").depends_on;
  expect(waited.filter((it) => it.startsWith("aws_route."))).toHaveLength(3);
  expect(waited.filter((it) => it.startsWith("aws_route_table_association."))).toHaveLength(4);
});

test.each<[Partial<NetworkProps>, string]>([
  [{ cluster: "Staging" }, 'cluster is "Staging"; good: "staging"'],
  [{ cidr: "10.42.0.0/15" }, 'cidr is "10.42.0.0/15"; good: private addresses, a /16 to a /22'],
  [{ cidr: "10.42.0.0/23" }, 'cidr is "10.42.0.0/23"'],
  [{ cidr: "10.42.1.0/16" }, 'cidr is "10.42.1.0/16"'],
  [{ cidr: "52.1.0.0/16" }, 'cidr is "52.1.0.0/16"'],
  [{ region: "eu-central-1a" }, 'region is "eu-central-1a"; good: "eu-central-1"'],
  [{ zones: 0 }, "zones is 0; good: a whole number from 1 to 3, like 2"],
  [{ zones: 4 }, "zones is 4; good"],
  [{ zones: 3, zoneLetters: ["a", "c"] }, 'zoneLetters is ["a","c"]; good: a letter from a to f'],
  [{ zoneLetters: ["a", "a"] }, 'zoneLetters is ["a","a"]; good'],
  [{ zoneLetters: ["a", "e"] }, 'zoneLetters is ["a","e"]; good'],
  [{ zoneLetters: ["a", "z" as "f"] }, 'zoneLetters is ["a","z"]; good'],
  [{ nat: "two" as "one" }, 'nat is "two"; good: "one", "per-zone" or "none"'],
  [{ flowLogDays: 15 }, "flowLogDays is 15; good: one of 1, 3, 5, 7, 14"],
])("%j is refused with a good value", (props, message) => {
  expect(() => made(props)).toThrow(message);
});
