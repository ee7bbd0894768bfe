import type { Statement } from "../../iam/index.ts";

/** Services that create a role of their own in the account on first use. */
const linked = ["autoscaling", "ecs", "ecs.application-autoscaling", "elasticloadbalancing", "rds"];

export interface SharedResourcesProps {
  readonly account: string;
  /** Of all clusters. */
  readonly regions: readonly string[];
}

/**
 * Rights of an apply on resources that no name binds to a cluster, since AWS numbers them. They are
 * limited to verbs, and to the region where that is possible.
 */
export function sharedResources({ account, regions }: SharedResourcesProps): Statement[] {
  const inRegion = [
    { test: "StringEquals", variable: "aws:RequestedRegion", values: [...regions] },
  ];
  return [
    {
      sid: "Networks",
      actions: [
        "ec2:*Address",
        "ec2:*FlowLogs",
        "ec2:*InternetGateway",
        "ec2:*LaunchTemplate",
        "ec2:*LaunchTemplateVersion*",
        // The addresses of Consul's servers, which outlive the instances.
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
      resources: ["*"],
      condition: inRegion,
    },
    {
      sid: "ScalingOfContainers",
      actions: [
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:TagResource",
        "application-autoscaling:UntagResource",
        // Names no resource, and only removes definitions that are no longer started.
        "ecs:DeregisterTaskDefinition",
      ],
      resources: ["*"],
      condition: inRegion,
    },
    {
      sid: "NamesAndCertificates",
      actions: [
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
      // Also in us-east-1, where CloudFront looks for its certificates.
      resources: ["*"],
    },
    {
      sid: "Sites",
      actions: [
        "cloudfront:AllowVendedLogDeliveryForResource",
        "cloudfront:Create*",
        "cloudfront:Delete*",
        "cloudfront:PublishFunction",
        "cloudfront:TagResource",
        "cloudfront:UntagResource",
        "cloudfront:Update*",
      ],
      resources: [`arn:aws:cloudfront::${account}:*`],
    },
    {
      sid: "LogsOfSites",
      actions: [
        "logs:CreateDelivery",
        "logs:DeleteDelivery*",
        "logs:PutDelivery*",
        "logs:TagResource",
        "logs:UntagResource",
      ],
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
