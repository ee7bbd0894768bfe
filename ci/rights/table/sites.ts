import { ownArn, type Rows, row } from "./resource-type.ts";

// No cluster has a CDN; these are what the module would make for one.
const cloudfront = "arn:aws:cloudfront::111111111111";
const logs = "arn:aws:logs:us-east-1:111111111111";
const logTags = ["logs:TagResource", "logs:UntagResource"];

export const sites: Rows = {
  aws_cloudfront_distribution: row({
    on: ownArn,
    create: ["cloudfront:CreateDistribution *"],
    read: [
      "cloudfront:GetDistribution",
      "cloudfront:GetDistributionConfig",
      "cloudfront:ListTagsForResource",
    ],
    update: ["cloudfront:UpdateDistribution"],
    delete: ["cloudfront:DeleteDistribution"],
    tags: ["cloudfront:TagResource", "cloudfront:UntagResource"],
    example: { arn: `${cloudfront}:distribution/E0` },
  }),
  aws_cloudfront_cache_policy: row({
    on: () => `${cloudfront}:cache-policy/0`,
    create: ["cloudfront:CreateCachePolicy *"],
    read: ["cloudfront:GetCachePolicy"],
    update: ["cloudfront:UpdateCachePolicy"],
    delete: ["cloudfront:DeleteCachePolicy"],
    example: {},
  }),
  aws_cloudfront_origin_access_control: row({
    on: () => `${cloudfront}:origin-access-control/E0`,
    create: ["cloudfront:CreateOriginAccessControl *"],
    read: ["cloudfront:GetOriginAccessControl"],
    update: ["cloudfront:UpdateOriginAccessControl"],
    delete: ["cloudfront:DeleteOriginAccessControl"],
    example: {},
  }),
  aws_cloudwatch_log_delivery_source: row({
    on: ownArn,
    create: ["logs:PutDeliverySource"],
    read: ["logs:GetDeliverySource", "logs:ListTagsForResource"],
    delete: ["logs:DeleteDeliverySource"],
    tags: logTags,
    also: () => [
      {
        verb: "create",
        action: "cloudfront:AllowVendedLogDeliveryForResource",
        resource: `${cloudfront}:distribution/E0`,
      },
    ],
    example: { arn: `${logs}:delivery-source:production` },
  }),
  aws_cloudwatch_log_delivery_destination: row({
    on: ownArn,
    create: ["logs:PutDeliveryDestination"],
    read: ["logs:GetDeliveryDestination", "logs:ListTagsForResource"],
    delete: ["logs:DeleteDeliveryDestination"],
    tags: logTags,
    example: { arn: `${logs}:delivery-destination:production` },
  }),
  aws_cloudwatch_log_delivery: row({
    on: ownArn,
    create: ["logs:CreateDelivery"],
    read: ["logs:GetDelivery", "logs:ListTagsForResource"],
    update: ["logs:UpdateDeliveryConfiguration"],
    delete: ["logs:DeleteDelivery"],
    tags: logTags,
    example: { arn: `${logs}:delivery:0` },
  }),
};
