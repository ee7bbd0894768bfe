import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group/index.js";
import { Eip } from "@cdktf/provider-aws/lib/eip/index.js";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway/index.js";
import { NatGateway } from "@cdktf/provider-aws/lib/nat-gateway/index.js";
import { Route } from "@cdktf/provider-aws/lib/route/index.js";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table/index.js";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association/index.js";
import { Subnet } from "@cdktf/provider-aws/lib/subnet/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint/index.js";
import { VpcEndpointRouteTableAssociation } from "@cdktf/provider-aws/lib/vpc-endpoint-route-table-association/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { Name } from "../../protocol/names.ts";
import { check, rule } from "../shared/check.ts";
import { type Cidr, contains, isCidr, prefixLength } from "./cidr.ts";
import { FlowLogs } from "./flow-logs.ts";
import { quarterOf, type ZoneLetter, zoneBlocks, zoneLetters } from "./subnets.ts";

export interface NetworkProps {
  /** The cluster's name. Part of every resource's name. */
  readonly cluster: string;
  /** Private addresses of the whole network, from a /16 to a /22; no two clusters' may overlap. */
  readonly cidr: Cidr;
  /** The AWS region, like "eu-central-1". */
  readonly region: string;
  /** Number of availability zones, from 1 to 3. A load balancer needs 2. @default 2 */
  readonly zones?: number;
  /** Letters of the zones, for an account that lacks b or c. @default a, b, c: as many as `zones` */
  readonly zoneLetters?: readonly ZoneLetter[];
  /**
   * Way of the instances to the internet. `one`: a NAT gateway for all zones; when its zone fails,
   * no zone gets out. `per-zone`: one in each. `none`: instances have public addresses in public
   * subnets, and let nothing in. @default "one"
   */
  readonly nat?: "one" | "per-zone" | "none";
  /** Whether every connection is recorded in CloudWatch Logs. @default false */
  readonly flowLogs?: boolean;
  /** Days that these records are kept. @default 14 */
  readonly flowLogDays?: number;
}

const privateBlocks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
const retentions = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731];

/** A VPC with a public and a private subnet in each zone. */
export class Network extends Construct {
  readonly vpcId: string;
  readonly cidr: Cidr;
  /** One in each zone, in the order of the zones. */
  readonly publicSubnetIds: readonly string[];
  /** One in each zone, in the order of the zones. */
  readonly privateSubnetIds: readonly string[];
  /** Subnets for instances: the private ones, or the public ones where there is no NAT gateway. */
  readonly instanceSubnetIds: readonly string[];
  /** Whether instances need a public address to reach the internet. */
  readonly assignPublicIp: boolean;
  /** Addresses that the internet sees the instances under; none without a NAT gateway. */
  readonly natAddresses: readonly string[];
  /**
   * What must stand before an instance reaches the internet. A subnet's id does not wait for it:
   * name these in `dependsOn` of whatever starts instances.
   */
  readonly internetRoutes: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const zones = props.zones ?? props.zoneLetters?.length ?? 2;
    const letters = props.zoneLetters ?? zoneLetters.slice(0, zones);
    const nat = props.nat ?? "one";
    const flowLogDays = props.flowLogDays ?? 14;
    check(this, [
      rule("cluster", props.cluster, '"staging"', (name) => Name.safeParse(name).success),
      rule("cidr", props.cidr, 'private addresses, a /16 to a /22, like "10.42.0.0/16"', isUsable),
      rule("region", props.region, '"eu-central-1"', (it) => /^[a-z]{2}(-[a-z]+)+-\d$/.test(it)),
      rule("zones", zones, "a whole number from 1 to 3, like 2", (it) => [1, 2, 3].includes(it)),
      rule(
        "zoneLetters",
        letters,
        'a letter from a to f for each of `zones`, not both of a and e or of b and f, like ["a", "c"]',
        (it) =>
          it.length === zones &&
          it.every((letter) => zoneLetters.includes(letter)) &&
          new Set(it.map(quarterOf)).size === it.length,
      ),
      rule("nat", nat, '"one", "per-zone" or "none"', (it) =>
        ["one", "per-zone", "none"].includes(it),
      ),
      rule("flowLogDays", flowLogDays, `one of ${retentions.join(", ")}`, (it) =>
        retentions.includes(it),
      ),
    ]);

    const named = (thing: string) => ({ tags: { Name: `${props.cluster}-${thing}` } });
    const vpc = new Vpc(this, "resource", {
      cidrBlock: props.cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: props.cluster },
    });
    new DefaultSecurityGroup(this, "default-security-group", {
      vpcId: vpc.id,
      ingress: [],
      egress: [],
      ...named("default-closed"),
    });
    const internet = new InternetGateway(this, "internet", {
      vpcId: vpc.id,
      tags: { Name: props.cluster },
    });
    const s3 = new VpcEndpoint(this, "s3", {
      vpcId: vpc.id,
      serviceName: `com.amazonaws.${props.region}.s3`,
      vpcEndpointType: "Gateway",
      ...named("s3"),
    });
    const routeTable = (name: string) => {
      const table = new RouteTable(this, `${name}-routes`, { vpcId: vpc.id, ...named(name) });
      new VpcEndpointRouteTableAssociation(this, `${name}-s3`, {
        routeTableId: table.id,
        vpcEndpointId: s3.id,
      });
      return table;
    };
    const routes: ITerraformDependable[] = [];
    const subnet = (name: string, letter: ZoneLetter, cidrBlock: Cidr, table: RouteTable) => {
      const made = new Subnet(this, name, {
        vpcId: vpc.id,
        availabilityZone: `${props.region}${letter}`,
        cidrBlock,
        // The launch template decides whether an instance has one, not the subnet.
        mapPublicIpOnLaunch: false,
        ...named(name),
      });
      routes.push(
        new RouteTableAssociation(this, `${name}-association`, {
          subnetId: made.id,
          routeTableId: table.id,
        }),
      );
      return made.id;
    };

    const publicTable = routeTable("public");
    routes.push(
      new Route(this, "public-internet", {
        routeTableId: publicTable.id,
        destinationCidrBlock: "0.0.0.0/0",
        gatewayId: internet.id,
      }),
    );
    const made = letters.map((letter) => {
      const blocks = zoneBlocks(props.cidr, letter);
      const table = routeTable(`private-${letter}`);
      return {
        letter,
        table,
        publicId: subnet(`public-${letter}`, letter, blocks.public, publicTable),
        privateId: subnet(`private-${letter}`, letter, blocks.private, table),
      };
    });

    const withGateway = { one: made.slice(0, 1), "per-zone": made, none: [] }[nat];
    const gateways = withGateway.map(({ letter, publicId }) => {
      const address = new Eip(this, `nat-address-${letter}`, {
        domain: "vpc",
        ...named(`nat-${letter}`),
        dependsOn: [internet],
      });
      const gateway = new NatGateway(this, `nat-${letter}`, {
        subnetId: publicId,
        allocationId: address.id,
        ...named(letter),
        dependsOn: [internet],
      });
      return { letter, id: gateway.id, address: address.publicIp };
    });
    for (const { letter, table } of made) {
      const gateway = gateways.find((own) => own.letter === letter) ?? gateways[0];
      if (!gateway) continue;
      routes.push(
        new Route(this, `private-${letter}-internet`, {
          routeTableId: table.id,
          destinationCidrBlock: "0.0.0.0/0",
          natGatewayId: gateway.id,
        }),
      );
    }

    if (props.flowLogs) {
      new FlowLogs(this, "flow-logs", {
        name: `${props.cluster}-flow-logs`,
        vpc,
        days: flowLogDays,
      });
    }

    this.vpcId = vpc.id;
    this.cidr = props.cidr;
    this.publicSubnetIds = made.map(({ publicId }) => publicId);
    this.privateSubnetIds = made.map(({ privateId }) => privateId);
    this.assignPublicIp = nat === "none";
    this.instanceSubnetIds = this.assignPublicIp ? this.publicSubnetIds : this.privateSubnetIds;
    this.internetRoutes = routes;
    this.natAddresses = gateways.map(({ address }) => address);
  }
}

const isUsable = (cidr: Cidr) =>
  isCidr(cidr) &&
  prefixLength(cidr) >= 16 &&
  prefixLength(cidr) <= 22 &&
  privateBlocks.some((block) => contains(block, cidr));
