import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile/index.js";
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import type { Construct } from "constructs";
import { grant, serviceRole, sessionStatements } from "../iam/index.ts";
import { check, rule } from "../shared/check.ts";
import { newestImage } from "../shared/image.ts";
import { clusterTags } from "../shared/tags.ts";
import type { AllProps } from "./props.ts";
import { userData } from "./user-data.ts";

/** AWS's limit for user data, before it is encoded. */
const longestUserData = 16 * 1024;

/** The parameter that a reference names. @param at region and account, with a colon. */
const parameterArn = (at: string, reference: string) =>
  `arn:aws:ssm:${at}:parameter${reference.slice("ssm:".length)}`;

/** The rights of an instance: read its services' secrets, report its own lifecycle, open sessions. */
export function instanceRole(scope: Construct, props: AllProps): IamRole {
  const { account, region, service, colocatedServices, name, consul, slack, trace } = props;
  const role = serviceRole(scope, "role", { name, service: "ec2.amazonaws.com" });
  const here = `${region}:${account}`;
  const each = [service, ...colocatedServices].map(({ service: it }) => it);
  grant(scope, "role-instance", {
    role: role.name,
    name: "instance",
    statements: [
      {
        sid: "OwnParameters",
        actions: ["ssm:GetParameter"],
        resources: [
          `arn:aws:ssm:${here}:parameter${consul.tokenParameter}`,
          ...Object.values(trace?.headers ?? {}).map((it) => parameterArn(here, it)),
          ...each.map(
            (it) => `arn:aws:ssm:${here}:parameter/shoestring/${service.cluster}/${it}/*`,
          ),
          ...(slack ? [`arn:aws:ssm:${here}:parameter${slack.tokenParameter}`] : []),
        ],
      },
      {
        sid: "OwnSecrets",
        actions: ["secretsmanager:GetSecretValue"],
        resources: each.map(
          (it) => `arn:aws:secretsmanager:${here}:secret:${service.cluster}/${it}/*`,
        ),
      },
      {
        sid: "OwnLife",
        actions: [
          "autoscaling:CompleteLifecycleAction",
          "autoscaling:RecordLifecycleActionHeartbeat",
        ],
        resources: [`arn:aws:autoscaling:${here}:autoScalingGroup:*:autoScalingGroupName/${name}`],
      },
      ...sessionStatements(here),
    ],
  });
  return role;
}

/** The launch template. Every change is a new version of it. */
export function launchTemplate(
  scope: Construct,
  props: AllProps,
  role: IamRole,
  securityGroupId: string,
): LaunchTemplate {
  const {
    name,
    service,
    colocatedServices,
    consul,
    region,
    architecture,
    imageChannel,
    slack,
    trace,
  } = props;
  const text = userData({
    cluster: service.cluster,
    services: [service, ...colocatedServices],
    consul,
    region,
    ...(slack ? { slack } : {}),
    ...(trace === undefined ? {} : { trace }),
    group: name,
    spot: props.spotPercent > 0,
  });
  check(scope, [
    rule(
      "user data",
      `${text.length} characters`,
      `at most ${longestUserData}: fewer services beside it, or shorter commands`,
      () => text.length <= longestUserData,
    ),
  ]);
  const profile = new IamInstanceProfile(scope, "instance-profile", { name, role: role.name });
  const tags = { Name: name, ...clusterTags(service.cluster), service: service.service };
  return new LaunchTemplate(scope, "launch-template", {
    name,
    updateDefaultVersion: true,
    // Resolved when an instance is launched: a new image needs no plan, only an instance refresh.
    imageId: newestImage(imageChannel, architecture),
    instanceType: props.instanceTypes[0] as string,
    iamInstanceProfile: { arn: profile.arn },
    userData: Buffer.from(text).toString("base64"),
    networkInterfaces: [
      {
        associatePublicIpAddress: String(props.assignPublicIp),
        securityGroups: [securityGroupId, ...props.securityGroupIds],
        deleteOnTermination: "true",
      },
    ],
    blockDeviceMappings: [
      {
        deviceName: "/dev/xvda",
        ebs: {
          volumeSize: props.diskGib,
          volumeType: "gp3",
          encrypted: "true",
          deleteOnTermination: "true",
        },
      },
    ],
    metadataOptions: {
      httpEndpoint: "enabled",
      httpTokens: "required",
      // A container or a forwarded request is one hop further away.
      httpPutResponseHopLimit: 1,
    },
    tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
      resourceType,
      tags,
    })),
  });
}
