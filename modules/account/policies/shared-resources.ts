import type { Statement } from "../../iam/index.ts";

/** Services that make a role of their own in the account when they are first used. */
const linked = ["autoscaling", "ecs", "ecs.application-autoscaling", "elasticloadbalancing", "rds"];

/** What may be done, by statement. */
const actions = {
  networks: [
    "ec2:*Address",
    "ec2:*FlowLogs",
    "ec2:*InternetGateway",
    "ec2:*LaunchTemplate",
    "ec2:*LaunchTemplateVersion*",
    // The addresses of Consul's servers, which stay when a server is replaced.
    "ec2:*NetworkInterface*",
    "ec2:*ManagedPrefixList",
    "ec2:*NatGateway",
    "ec2:*NetworkAcl*",
    "ec2:*Route",
    "ec2:*RouteTable*",
    "ec2:*SecurityGroup*",
    "ec2:*Subnet*",
    "ec2:*Tags",
    "ec2:*Volume",
    "ec2:*Vpc",
    "ec2:*VpcAttribute",
    "ec2:*VpcCidrBlock",
    "ec2:*VpcEndpoint*",
    "ec2:ModifyInstance*",
    "ec2:RunInstances",
    "ec2:StartInstances",
    "ec2:StopInstances",
    "ec2:TerminateInstances",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
  ],
  scalingOfContainers: [
    "application-autoscaling:DeleteScalingPolicy",
    "application-autoscaling:DeregisterScalableTarget",
    "application-autoscaling:PutScalingPolicy",
    "application-autoscaling:RegisterScalableTarget",
    "application-autoscaling:TagResource",
    "application-autoscaling:UntagResource",
    // Names no resource, and only ends what nobody starts any more.
    "ecs:DeregisterTaskDefinition",
  ],
  namesAndCertificates: [
    "acm:AddTagsToCertificate",
    "acm:DeleteCertificate",
    "acm:RemoveTagsFromCertificate",
    "acm:RequestCertificate",
    "route53:AssociateVPCWithHostedZone",
    "route53:ChangeResourceRecordSets",
    "route53:ChangeTagsForResource",
    "route53:CreateHostedZone",
    "route53:DeleteHostedZone",
  ],
  sites: [
    "cloudfront:AllowVendedLogDeliveryForResource",
    "cloudfront:Create*",
    "cloudfront:Delete*",
    "cloudfront:PublishFunction",
    "cloudfront:TagResource",
    "cloudfront:UntagResource",
    "cloudfront:Update*",
  ],
  logsOfSites: [
    "logs:CreateDelivery",
    "logs:DeleteDelivery*",
    "logs:PutDelivery*",
    "logs:TagResource",
    "logs:UntagResource",
  ],
};

export interface SharedResourcesProps {
  readonly account: string;
  /** Of all clusters. */
  readonly regions: readonly string[];
}

/**
 * What an apply changes that no name binds to a cluster: AWS calls it by a number of its own. Bound
 * to verbs, and to the region where that is possible.
 */
export function sharedResources({ account, regions }: SharedResourcesProps): Statement[] {
  const inRegion = [
    { test: "StringEquals", variable: "aws:RequestedRegion", values: [...regions] },
  ];
  return [
    {
      sid: "Networks",
      actions: actions.networks,
      resources: ["*"],
      condition: inRegion,
    },
    {
      sid: "ScalingOfContainers",
      actions: actions.scalingOfContainers,
      resources: ["*"],
      condition: inRegion,
    },
    {
      sid: "NamesAndCertificates",
      actions: actions.namesAndCertificates,
      // Also in us-east-1, where CloudFront looks for its certificates.
      resources: ["*"],
    },
    {
      sid: "Sites",
      actions: actions.sites,
      resources: [`arn:aws:cloudfront::${account}:*`],
    },
    {
      sid: "LogsOfSites",
      actions: actions.logsOfSites,
      resources: [`arn:aws:logs:*:${account}:delivery*`],
    },
    {
      sid: "Firewalls",
      actions: ["wafv2:AssociateWebACL", "wafv2:DisassociateWebACL"],
      resources: regions.flatMap((region) => [
        `arn:aws:wafv2:${region}:${account}:regional/webacl/*`,
        `arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/app/*`,
      ]),
    },
    {
      sid: "LetServicesIn",
      actions: ["iam:CreateServiceLinkedRole"],
      resources: [`arn:aws:iam::${account}:role/aws-service-role/*`],
      condition: [
        {
          test: "StringEquals",
          variable: "iam:AWSServiceName",
          values: linked.map((service) => `${service}.amazonaws.com`),
        },
      ],
    },
  ];
}
