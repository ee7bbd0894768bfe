import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { Eip } from "@cdktf/provider-aws/lib/eip/index.js";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import { NetworkInterface } from "@cdktf/provider-aws/lib/network-interface/index.js";
import { dependable, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { clusterTags, groupTags } from "../shared/tags.ts";

export interface ServerProps {
  /** The server's name, like "staging-consul-1". */
  readonly name: string;
  readonly cluster: string;
  readonly subnetId: string;
  /** The subnet's zone, like "eu-central-1a". */
  readonly zone: string;
  readonly securityGroupId: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly dataGib: number;
  readonly instanceProfileArn: string;
  readonly userData: string;
  readonly assignPublicIp: boolean;
  /** Routes that must exist before the instance can reach AWS. */
  readonly internetRoutes: readonly ITerraformDependable[];
}

/** Name of the root disk in Debian's images, and so in those made from them. */
const rootDevice = "/dev/xvda";

/** One server: an address that stays, and an instance that is replaced when it fails. */
export class Server extends Construct {
  readonly privateAddress: string;
  private readonly group: AutoscalingGroup;

  constructor(scope: Construct, id: string, props: ServerProps) {
    super(scope, id);
    const { name } = props;
    const tags = { Name: name };
    const address = new NetworkInterface(this, "address", {
      subnetId: props.subnetId,
      securityGroups: [props.securityGroupId],
      description: "A Consul server, whichever instance it is now",
      tags,
    });
    const publicAddress = props.assignPublicIp
      ? [
          new Eip(this, "public-address", {
            domain: "vpc",
            networkInterface: address.id,
            tags,
            dependsOn: [...props.internetRoutes],
          }),
        ]
      : [];
    const template = new LaunchTemplate(this, "template", {
      name,
      imageId: props.imageId,
      instanceType: props.instanceType,
      iamInstanceProfile: { arn: props.instanceProfileArn },
      networkInterfaces: [{ deviceIndex: 0, networkInterfaceId: address.id }],
      blockDeviceMappings: [
        {
          deviceName: rootDevice,
          ebs: {
            volumeSize: props.dataGib,
            volumeType: "gp3",
            encrypted: "true",
            deleteOnTermination: "true",
          },
        },
      ],
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
      },
      userData: Buffer.from(props.userData).toString("base64"),
      updateDefaultVersion: true,
      // The provider's default tags do not reach instances that an Auto Scaling group starts.
      tagSpecifications: ["instance", "volume"].map((resourceType) => ({
        resourceType,
        tags: { ...tags, ...clusterTags(props.cluster) },
      })),
      tags,
    });
    this.group = new AutoscalingGroup(this, "resource", {
      name,
      minSize: 1,
      maxSize: 1,
      // With a network interface of its own, a template takes a zone, not a subnet.
      availabilityZones: [props.zone],
      // Applies to the next instance. The running one stays until somebody replaces it.
      launchTemplate: { id: template.id, version: "$Latest" },
      tag: groupTags(name, props.cluster),
      healthCheckType: "EC2",
      dependsOn: [...publicAddress, ...props.internetRoutes],
    });
    this.privateAddress = address.privateIp;
  }

  /** Starts no instance before these resources exist. */
  after(others: readonly ITerraformDependable[]): void {
    this.group.dependsOn = [...(this.group.dependsOn ?? []), ...others.map(dependable)];
  }
}
