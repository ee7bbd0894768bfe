import type { ITerraformDependable } from "cdktf";
import { Name } from "../../protocol/names.ts";
import { type ZoneLetter, zoneLetters } from "../network/subnets.ts";
import { type PropRule, rule } from "../shared/check.ts";
import { accountRule, regionRule } from "../shared/common-rules.ts";
import { architectureOf, newestImage } from "../shared/image.ts";
import { defaultServers } from "./names.ts";

export interface ConsulProps {
  /** The cluster's name; Consul's datacenter is called the same. */
  readonly cluster: string;
  /** The AWS account, 12 digits. */
  readonly account: string;
  /** The AWS region, like "eu-central-1". */
  readonly region: string;
  /** The VPC of the servers. */
  readonly vpcId: string;
  /** Subnets for the servers, one in each zone. Server n is in the n-th; after the last subnet comes the first again. */
  readonly subnetIds: readonly string[];
  /** Letters of these subnets' zones, in the same order. @default a, b, c: as many as `subnetIds` */
  readonly zoneLetters?: readonly ZoneLetter[];
  /**
   * The image of an instance: an AMI's id, or `resolve:ssm:` and the SSM parameter that has the id.
   * @default the newest of the channel "stable" for the processor of `instanceType`
   */
  readonly imageId?: string;
  /** Number of servers: 1, 3 or 5. A single server loses its data when it is replaced. @default 3 */
  readonly servers?: number;
  /** Instance type; without `imageId` the image follows its processor. @default "t4g.small" */
  readonly instanceType?: string;
  /** Size of a server's disk, in GiB. @default 10 */
  readonly dataGib?: number;
  /**
   * Whether gossip is encrypted with the key in SSM. Every client must have that key too: one that
   * has none cannot join. @default false
   */
  readonly encryptGossip?: boolean;
  /** Whether servers get public addresses: true where the network has no NAT gateway. @default false */
  readonly assignPublicIp?: boolean;
  /** Resources that Terraform has to create before a server can reach AWS, like the network's `internetRoutes`. @default none */
  readonly internetRoutes?: readonly ITerraformDependable[];
}

export type AllProps = Required<ConsulProps>;

export function withDefaults(props: ConsulProps): AllProps {
  const instanceType = props.instanceType ?? "t4g.small";
  return {
    zoneLetters: zoneLetters.slice(0, props.subnetIds.length),
    servers: defaultServers,
    instanceType,
    imageId: newestImage("stable", architectureOf(instanceType)),
    dataGib: 10,
    encryptGossip: false,
    assignPublicIp: false,
    internetRoutes: [],
    ...props,
  };
}

export function consulRules(props: AllProps): PropRule[] {
  return [
    rule("cluster", props.cluster, '"staging"', (it) => Name.safeParse(it).success),
    accountRule(props.account),
    regionRule(props.region),
    rule(
      "subnetIds",
      props.subnetIds,
      "the ids of one to six subnets, each in another zone",
      (it) => it.length >= 1 && it.length <= 6,
    ),
    rule(
      "zoneLetters",
      props.zoneLetters,
      'a letter from a to f for each of `subnetIds`, each another one, like ["a", "b"]',
      (it) =>
        it.length === props.subnetIds.length &&
        it.every((letter) => zoneLetters.includes(letter)) &&
        new Set(it).size === it.length,
    ),
    rule(
      "imageId",
      props.imageId,
      'an AMI or where its id is, like "ami-0123456789abcdef0" or "resolve:ssm:/shoestring/ami/stable/arm64"',
      (it) => /^(ami-[0-9a-f]{8,17}|resolve:ssm:(\/[A-Za-z0-9_.-]+)+(:\d+)?)$/.test(it),
    ),
    rule("servers", props.servers, "1, 3 or 5", (it) => [1, 3, 5].includes(it)),
    rule("instanceType", props.instanceType, 'a type, like "t4g.small"', (it) =>
      /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(it),
    ),
    rule(
      "dataGib",
      props.dataGib,
      "a whole number of GiB from 10 to 1000, like 10",
      (it) => Number.isInteger(it) && it >= 10 && it <= 1000,
    ),
  ];
}
