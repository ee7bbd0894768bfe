import { ownArn, type Rows, row } from "./resource-type.ts";

const zone = (id: string) => `arn:aws:route53:::hostedzone/${id}`;
/** While Route 53 works, the provider asks for the change by its number. */
const change = {
  verb: "read",
  action: "route53:GetChange",
  resource: "arn:aws:route53:::change/C0",
} as const;

export const namesAndWatching: Rows = {
  aws_acm_certificate: row({
    on: ownArn,
    create: ["acm:RequestCertificate *"],
    read: ["acm:DescribeCertificate", "acm:ListTagsForCertificate"],
    delete: ["acm:DeleteCertificate"],
    tags: ["acm:AddTagsToCertificate", "acm:RemoveTagsFromCertificate"],
  }),
  aws_acm_certificate_validation: row({
    on: (it) => it.certificate_arn,
    read: ["acm:DescribeCertificate"],
  }),
  aws_route53_zone: row({
    on: (it) => zone(it.zone_id),
    create: ["route53:CreateHostedZone *", "route53:AssociateVPCWithHostedZone"],
    read: ["route53:GetHostedZone", "route53:ListTagsForResource"],
    update: ["route53:UpdateHostedZoneComment", "route53:DisassociateVPCFromHostedZone"],
    delete: ["route53:DeleteHostedZone", "route53:ListResourceRecordSets"],
    tags: ["route53:ChangeTagsForResource"],
    list: ["ec2:DescribeVpcs *"],
    also: () => [change],
  }),
  aws_route53_record: row({
    on: (it) => zone(it.zone_id),
    create: ["route53:ChangeResourceRecordSets"],
    read: ["route53:GetHostedZone", "route53:ListResourceRecordSets"],
    update: ["route53:ChangeResourceRecordSets"],
    delete: ["route53:ChangeResourceRecordSets"],
    also: () => [change],
  }),
  aws_cloudwatch_log_group: row({
    on: (it) => `${it.arn}:*`,
    create: ["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
    update: ["logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy"],
    delete: ["logs:DeleteLogGroup"],
    list: ["logs:DescribeLogGroups *"],
    also: ({ arn }) => [
      // For its tags AWS writes a group without the star.
      { verb: "read", action: "logs:ListTagsForResource", resource: arn },
      { verb: "tags", action: "logs:TagResource", resource: arn },
      { verb: "tags", action: "logs:UntagResource", resource: arn },
    ],
  }),
  aws_cloudwatch_metric_alarm: row({
    on: ownArn,
    create: ["cloudwatch:PutMetricAlarm"],
    read: ["cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"],
    update: ["cloudwatch:PutMetricAlarm"],
    delete: ["cloudwatch:DeleteAlarms"],
    tags: ["cloudwatch:TagResource", "cloudwatch:UntagResource"],
  }),
  aws_budgets_budget: row({
    on: (it, { account }) => `arn:aws:budgets::${account}:budget/${it.name}`,
    create: ["budgets:ModifyBudget"],
    read: ["budgets:ViewBudget", "budgets:ListTagsForResource"],
    update: ["budgets:ModifyBudget"],
    delete: ["budgets:ModifyBudget"],
    tags: ["budgets:TagResource", "budgets:UntagResource"],
  }),
};
