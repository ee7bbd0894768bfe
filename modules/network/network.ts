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
   * How instances reach the internet. `one`: through one NAT gateway for all zones; when its zone
   * fails, no zone gets out. `per-zone`: through one in each zone. `none`: instances have public
   * addresses in public subnets, and let nothing in. @default "one"
   */
  readonly nat?: "one" | "per-zone" | "none";
  /** Whether flow logs record every connection, in CloudWatch Logs. @default false */
  readonly flowLogs?: boolean;
  /** Days that flow logs are kept. @default 14 */
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
   * Resources that Terraform has to create before an instance can reach the internet. A subnet's id
   * does not wait for them: name them in `dependsOn` of whatever starts instances.
   */
  readonly internetRoutes: readonly ITerraformDependable[];

  readonly #props: AllProps;
  readonly #vpc: Vpc;
  readonly #internet: InternetGateway;
  readonly #s3: VpcEndpoint;
  readonly #routes: ITerraformDependable[] = [];

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    this.#props = withDefaults(props);
    const { cluster, cidr, region, letters, nat, flowLogs, flowLogDays } = this.#props;
    check(this, networkRules(this.#props));

    this.#vpc = new Vpc(this, "resource", {
      cidrBlock: cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: cluster },
    });
    const vpcId = this.#vpc.id;
    new DefaultSecurityGroup(this, "default-security-group", {
      vpcId,
      ingress: [],
      egress: [],
      ...this.#named("default-closed"),
    });
    this.#internet = new InternetGateway(this, "internet", { vpcId, tags: { Name: cluster } });
    this.#s3 = new VpcEndpoint(this, "s3", {
      vpcId,
      serviceName: `com.amazonaws.${region}.s3`,
      vpcEndpointType: "Gateway",
      ...this.#named("s3"),
    });

    const zones = this.#subnets(letters);
    const gateways = this.#natGateways(
      { one: zones.slice(0, 1), "per-zone": zones, none: [] }[nat],
    );
    this.#routesToInternet(zones, gateways);
    if (flowLogs) {
      const name = `${cluster}-flow-logs`;
      new FlowLogs(this, "flow-logs", { name, vpc: this.#vpc, days: flowLogDays });
    }

    this.vpcId = vpcId;
    this.cidr = cidr;
    this.publicSubnetIds = zones.map(({ publicId }) => publicId);
    this.privateSubnetIds = zones.map(({ privateId }) => privateId);
    this.assignPublicIp = nat === "none";
    this.instanceSubnetIds = this.assignPublicIp ? this.publicSubnetIds : this.privateSubnetIds;
    this.internetRoutes = this.#routes;
    this.natAddresses = gateways.map(({ address }) => address);
  }

  #named(thing: string) {
    return { tags: { Name: `${this.#props.cluster}-${thing}` } };
  }

  /** A public and a private subnet in each zone; the public ones share a table that leads to the internet. */
  #subnets(letters: readonly ZoneLetter[]): readonly Zone[] {
    const publicTable = this.#routeTable("public");
    this.#routes.push(
      new Route(this, "public-internet", {
        routeTableId: publicTable.id,
        destinationCidrBlock: "0.0.0.0/0",
        gatewayId: this.#internet.id,
      }),
    );
    return letters.map((letter) => {
      const blocks = zoneBlocks(this.#props.cidr, letter);
      const table = this.#routeTable(`private-${letter}`);
      return {
        letter,
        table,
        publicId: this.#subnet(`public-${letter}`, letter, blocks.public, publicTable),
        privateId: this.#subnet(`private-${letter}`, letter, blocks.private, table),
      };
    });
  }

  #routeTable(name: string): RouteTable {
    const table = new RouteTable(this, `${name}-routes`, {
      vpcId: this.#vpc.id,
      ...this.#named(name),
    });
    new VpcEndpointRouteTableAssociation(this, `${name}-s3`, {
      routeTableId: table.id,
      vpcEndpointId: this.#s3.id,
    });
    return table;
  }

  #subnet(name: string, letter: ZoneLetter, cidrBlock: Cidr, table: RouteTable): string {
    const subnet = new Subnet(this, name, {
      vpcId: this.#vpc.id,
      availabilityZone: `${this.#props.region}${letter}`,
      cidrBlock,
      // Whoever starts an instance says whether it has one, not where it starts.
      mapPublicIpOnLaunch: false,
      ...this.#named(name),
    });
    this.#routes.push(
      new RouteTableAssociation(this, `${name}-association`, {
        subnetId: subnet.id,
        routeTableId: table.id,
      }),
    );
    return subnet.id;
  }

  #natGateways(zones: readonly Zone[]): readonly Gateway[] {
    return zones.map(({ letter, publicId }) => {
      const address = new Eip(this, `nat-address-${letter}`, {
        domain: "vpc",
        ...this.#named(`nat-${letter}`),
        dependsOn: [this.#internet],
      });
      const gateway = new NatGateway(this, `nat-${letter}`, {
        subnetId: publicId,
        allocationId: address.id,
        ...this.#named(letter),
        dependsOn: [this.#internet],
      });
      return { letter, id: gateway.id, address: address.publicIp };
    });
  }

  /** Private subnets reach the internet through their zone's gateway, or else through the only one. */
  #routesToInternet(zones: readonly Zone[], gateways: readonly Gateway[]): void {
    for (const { letter, table } of zones) {
      const gateway = gateways.find((own) => own.letter === letter) ?? gateways[0];
      if (!gateway) continue;
      this.#routes.push(
        new Route(this, `private-${letter}-internet`, {
          routeTableId: table.id,
          destinationCidrBlock: "0.0.0.0/0",
          natGatewayId: gateway.id,
        }),
      );
    }
  }
}

interface Zone {
  readonly letter: ZoneLetter;
  /** Of the private subnet. */
  readonly table: RouteTable;
  readonly publicId: string;
  readonly privateId: string;
}

interface Gateway {
  readonly letter: ZoneLetter;
  readonly id: string;
  readonly address: string;
}

type AllProps = ReturnType<typeof withDefaults>;

function withDefaults(props: NetworkProps) {
  const zones = props.zones ?? props.zoneLetters?.length ?? 2;
  const letters = props.zoneLetters ?? zoneLetters.slice(0, zones);
  return { nat: "one", flowLogs: false, flowLogDays: 14, ...props, zones, letters } as const;
}

function networkRules({ cluster, cidr, region, zones, letters, nat, flowLogDays }: AllProps) {
  const ways = ["one", "per-zone", "none"];
  return [
    rule("cluster", cluster, '"staging"', (name) => Name.safeParse(name).success),
    rule("cidr", cidr, 'private addresses, a /16 to a /22, like "10.42.0.0/16"', isUsable),
    rule("region", region, '"eu-central-1"', (it) => /^[a-z]{2}(-[a-z]+)+-\d$/.test(it)),
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
    rule("nat", nat, '"one", "per-zone" or "none"', (it) => ways.includes(it)),
    rule("flowLogDays", flowLogDays, `one of ${retentions.join(", ")}`, (it) =>
      retentions.includes(it),
    ),
  ];
}

const isUsable = (cidr: Cidr) =>
  isCidr(cidr) &&
  prefixLength(cidr) >= 16 &&
  prefixLength(cidr) <= 22 &&
  privateBlocks.some((block) => contains(block, cidr));
