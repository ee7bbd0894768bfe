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
    "ec2:*NatGateway",
    "ec2:*Route",
    "ec2:*RouteTable*",
    "ec2:*SecurityGroup*",
    "ec2:*Subnet*",
    "ec2:*Tags",
    "ec2:*Vpc",
    "ec2:*VpcAttribute",
    "ec2:*VpcEndpoint*",
    "ec2:RunInstances",
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
    "route53:DisassociateVPCFromHostedZone",
    "route53:UpdateHostedZoneComment",
  ],
  // Before it exists a site has no ARN.
  newSites: [
    "cloudfront:CreateCachePolicy",
    "cloudfront:CreateDistribution",
    "cloudfront:CreateOriginAccessControl",
  ],
  // These name no resource, though they act on one.
  unnamed: ["elasticloadbalancing:SetWebACL", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"],
  sites: [
    "cloudfront:AllowVendedLogDeliveryForResource",
    "cloudfront:DeleteCachePolicy",
    "cloudfront:DeleteDistribution",
    "cloudfront:DeleteOriginAccessControl",
    "cloudfront:TagResource",
    "cloudfront:UntagResource",
    "cloudfront:UpdateCachePolicy",
    "cloudfront:UpdateDistribution",
    "cloudfront:UpdateOriginAccessControl",
  ],
  logsOfSites: [
    "logs:CreateDelivery",
    "logs:DeleteDelivery*",
    "logs:PutDelivery*",
    "logs:TagResource",
    "logs:UntagResource",
    "logs:UpdateDeliveryConfiguration",
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
      sid: "NewSites",
      actions: actions.newSites,
      resources: ["*"],
    },
    {
      sid: "Unnamed",
      actions: actions.unnamed,
      resources: ["*"],
      condition: inRegion,
    },
    {
      // Whoever makes a group must be able to read its image's name: AWS looks before it launches.
      sid: "Images",
      actions: ["ssm:GetParameters"],
      resources: [`arn:aws:ssm:*:${account}:parameter/shoestring/ami/*`],
    },
    {
      // From a queue to a function; AWS numbers them, and every one carries the cluster's tags.
      sid: "TagsOfMappings",
      actions: ["lambda:TagResource", "lambda:UntagResource"],
      resources: [`arn:aws:lambda:*:${account}:event-source-mapping:*`],
    },
    {
      // RDS looks at the key of a disk in the name of whoever makes the server.
      sid: "KeysOfDatabases",
      actions: ["kms:DescribeKey"],
      resources: [`arn:aws:kms:*:${account}:key/*`],
    },
    {
      sid: "Sites",
      actions: actions.sites,
      resources: [`arn:aws:cloudfront::${account}:*`],
    },
    {
      sid: "LogsOfSites",
      actions: actions.logsOfSites,
      resources: ["delivery", "delivery-destination", "delivery-source"].map(
        (kind) => `arn:aws:logs:*:${account}:${kind}:*`,
      ),
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
