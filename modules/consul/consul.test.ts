import { expect, test } from "vitest";
import { sessionStatements } from "../iam/index.ts";
import { type Arguments, type Synthesised, synthesise } from "../testing/synthesise.ts";
import { Consul, type ConsulProps } from "./index.ts";

const minimal: ConsulProps = {
  cluster: "staging",
  account: "123456789012",
  region: "eu-central-1",
  vpcId: "vpc-1",
  subnetIds: ["subnet-a", "subnet-b"],
};

const synthesised = (
  own: Partial<ConsulProps> = {},
  use: (consul: Consul) => void = () => undefined,
) => synthesise((stack) => use(new Consul(stack, "consul", { ...minimal, ...own })));

const all = (made: Synthesised, type: string): Arguments[] => Object.values(made.resources(type));

test("each of three servers is a group of one, in separate zones while there are enough", () => {
  const groups = all(synthesised(), "aws_autoscaling_group");
  expect(groups.map(({ name, availability_zones }) => [name, availability_zones])).toEqual([
    ["staging-consul-1", ["eu-central-1a"]],
    ["staging-consul-2", ["eu-central-1b"]],
    ["staging-consul-3", ["eu-central-1a"]],
  ]);
  for (const group of groups) expect([group.min_size, group.max_size]).toEqual([1, 1]);
});

test("a server keeps its address when its instance is replaced, and the name leads to all servers", () => {
  const made = synthesised();
  const interfaces = Object.keys(made.resources("aws_network_interface"));
  expect(made.only("aws_route53_record")).toMatchObject({
    name: "consul.staging.internal",
    records: interfaces.map((name) => `\${aws_network_interface.${name}.private_ip}`),
  });
  expect(all(made, "aws_launch_template").map(({ network_interfaces: [first] }) => first)).toEqual(
    interfaces.map((name) => ({
      device_index: 0,
      network_interface_id: `\${aws_network_interface.${name}.id}`,
    })),
  );
  expect(made.only("aws_route53_zone").vpc).toEqual([
    { vpc_id: "vpc-1", vpc_region: "eu-central-1" },
  ]);
});

test("a new template replaces no running server: all at once would be an outage", () => {
  for (const group of all(synthesised(), "aws_autoscaling_group")) {
    expect(group).not.toHaveProperty("instance_refresh");
    expect(group.launch_template.version).toBe("$Latest");
  }
});

test("no instance starts before the name, its permissions and the routes exist", () => {
  const made = synthesise((stack) => {
    const internetRoutes = [{ fqn: "aws_route.out" }];
    new Consul(stack, "consul", { ...minimal, internetRoutes, assignPublicIp: true });
  });
  for (const { depends_on } of all(made, "aws_autoscaling_group")) {
    expect(depends_on).toEqual([
      expect.stringMatching(/^aws_eip\./),
      "aws_route.out",
      expect.stringMatching(/^aws_route53_record\./),
      expect.stringMatching(/^aws_iam_role_policy\./),
    ]);
  }
});

test.each([
  [undefined, "arm64"],
  ["t4g.nano", "arm64"],
  ["c7gn.medium", "arm64"],
  ["t3a.small", "x86_64"],
  ["g5.xlarge", "x86_64"], // a family called g, on another processor
])("an instance of type %s boots the newest image for %s", (instanceType, architecture) => {
  const own = instanceType === undefined ? {} : { instanceType };
  for (const template of all(synthesised(own), "aws_launch_template")) {
    expect(template.image_id).toBe(`resolve:ssm:/shoestring/ami/stable/${architecture}`);
  }
});

test("instances require IMDSv2 from the machine itself, and their disks are encrypted", () => {
  for (const template of all(synthesised(), "aws_launch_template")) {
    expect(template.metadata_options).toMatchObject({
      http_tokens: "required",
      http_put_response_hop_limit: 1,
    });
    expect(template.block_device_mappings[0].ebs).toMatchObject({
      encrypted: "true",
      volume_type: "gp3",
      volume_size: 10,
    });
  }
});

test("servers may read their own secrets and hold sessions, and nothing else", () => {
  const statements = (own: Partial<ConsulProps>) =>
    Object.values(synthesised(own).dataSources("aws_iam_policy_document")).flatMap(
      ({ statement }) => statement,
    );
  const parameter = "arn:aws:ssm:eu-central-1:123456789012:parameter/shoestring/staging/consul";
  const reading = (own: Partial<ConsulProps>) =>
    statements(own).filter(({ actions }) => actions[0] !== "sts:AssumeRole");
  expect(reading({})).toEqual([
    { actions: ["ssm:GetParameter"], resources: [`${parameter}/management-token`] },
    ...sessionStatements("eu-central-1:123456789012"),
  ]);
  expect(reading({ encryptGossip: true })[0].resources).toEqual([
    `${parameter}/management-token`,
    `${parameter}/gossip-key`,
  ]);
});

/** The ingress rules of one group: port, protocol and source group. */
function letsIn(made: Synthesised, group: string) {
  const name = (reference: string) => /consul_([a-z-]+)_/.exec(reference)?.[1] ?? reference;
  return all(made, "aws_vpc_security_group_ingress_rule")
    .filter(({ security_group_id }) => name(security_group_id) === group)
    .map((rule) => {
      const from = name(rule.referenced_security_group_id ?? "anywhere");
      return `${rule.from_port}/${rule.ip_protocol} from ${from}`;
    })
    .sort();
}

test("servers accept each other and their clients, and HTTP from no group", () => {
  expect(letsIn(synthesised(), "security-group")).toEqual([
    "8300/tcp from client-security-group",
    "8300/tcp from security-group",
    "8301/tcp from client-security-group",
    "8301/tcp from security-group",
    "8301/udp from client-security-group",
    "8301/udp from security-group",
  ]);
});

test("clients gossip with each other and with the servers", () => {
  expect(letsIn(synthesised(), "client-security-group")).toEqual([
    "8301/tcp from client-security-group",
    "8301/tcp from security-group",
    "8301/udp from client-security-group",
    "8301/udp from security-group",
  ]);
});

test("other groups get access as clients, or over HTTP alone", () => {
  const made = synthesised({}, (consul) => {
    consul.allowClients("batch", "sg-batch");
    consul.allowHttp("announce", "sg-announce");
  });
  expect(letsIn(made, "security-group").filter((rule) => rule.includes("sg-"))).toEqual([
    "8300/tcp from sg-batch",
    "8301/tcp from sg-batch",
    "8301/udp from sg-batch",
    "8500/tcp from sg-announce",
  ]);
  expect(letsIn(made, "sg-batch")).toEqual([
    "8301/tcp from security-group",
    "8301/udp from security-group",
  ]);
  expect(letsIn(made, "sg-announce")).toEqual([]);
});

test("each rule between two groups exists on both sides", () => {
  const made = synthesised();
  const way = (from: string, to: string, { ip_protocol, from_port }: Arguments) =>
    [from, to, ip_protocol, from_port].join(" ");
  const into = all(made, "aws_vpc_security_group_ingress_rule").map((rule) =>
    way(rule.referenced_security_group_id, rule.security_group_id, rule),
  );
  const out = all(made, "aws_vpc_security_group_egress_rule")
    .filter(({ referenced_security_group_id }) => referenced_security_group_id !== undefined)
    .map((rule) => way(rule.security_group_id, rule.referenced_security_group_id, rule));
  expect(out.sort()).toEqual(into.sort());
  expect(new Set(into).size).toBe(into.length);
  for (const rule of all(made, "aws_vpc_security_group_ingress_rule")) {
    expect(rule).not.toHaveProperty("cidr_ipv4");
  }
});

test("all props are used", () => {
  const made = synthesised({
    servers: 5,
    zoneLetters: ["b", "e"],
    imageId: "ami-0123456789abcdef0",
    instanceType: "c7g.medium",
    dataGib: 50,
    encryptGossip: true,
    assignPublicIp: true,
  });
  expect(all(made, "aws_eip")).toHaveLength(5);
  const [template] = all(made, "aws_launch_template");
  expect(template).toMatchObject({
    image_id: "ami-0123456789abcdef0",
    instance_type: "c7g.medium",
  });
  const userData = Buffer.from(template?.user_data, "base64").toString();
  expect(userData).toContain('\\"bootstrap_expect\\": 5');
  const zones = all(made, "aws_autoscaling_group").map(({ availability_zones: [zone] }) => zone);
  expect(zones.join(" ")).toBe(
    "eu-central-1b eu-central-1e eu-central-1b eu-central-1e eu-central-1b",
  );
});

test("a server's addresses in Terraform's state follow from its number", () => {
  const named = ({ addresses }: Synthesised) =>
    addresses.filter((made) => made.includes("server-"));
  expect(named(synthesised({ servers: 1 }))).toEqual(
    named(synthesised()).filter((made) => made.includes("server-1")),
  );
  expect(named(synthesised({ servers: 1 }))).toHaveLength(3);
});

test("names derived from the cluster's lead to its Consul", () => {
  synthesised({ encryptGossip: true }, (consul) => {
    expect(consul).toMatchObject({
      address: "http://consul.staging.internal:8500",
      retryJoin: ["consul.staging.internal"],
      managementTokenParameter: "/shoestring/staging/consul/management-token",
      gossipKeyParameter: "/shoestring/staging/consul/gossip-key",
    });
  });
  synthesised({}, (consul) => expect(consul.gossipKeyParameter).toBeUndefined());
});

test.each<[Partial<ConsulProps>, string]>([
  [{ cluster: "Staging" }, 'cluster is "Staging"; good: "staging"'],
  [{ account: "1" }, 'account is "1"; good: 12 digits'],
  [{ region: "Frankfurt" }, 'region is "Frankfurt"; good: a region, like "eu-central-1"'],
  [{ subnetIds: [] }, "subnetIds is []; good: the ids of one to six subnets"],
  [{ zoneLetters: ["a"] }, 'zoneLetters is ["a"]; good: a letter from a to f for each'],
  [{ zoneLetters: ["a", "a"] }, 'zoneLetters is ["a","a"]; good: a letter from a to f for each'],
  [{ imageId: "debian" }, 'imageId is "debian"; good: an AMI'],
  [{ servers: 2 }, "servers is 2; good: 1, 3 or 5"],
  [{ instanceType: "small" }, 'instanceType is "small"; good: a type, like "t4g.small"'],
  [{ dataGib: 8 }, "dataGib is 8; good: a whole number of GiB from 10"],
])("%j is refused with a good value", (own, message) => {
  expect(() => synthesised(own)).toThrow(message);
});
