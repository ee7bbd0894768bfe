/**
 * List prices in USD, without tax, discounts or free tiers. They are an estimate, written down from
 * memory and not fetched: look at the page before money depends on one. Add missing lines here, and
 * update the date below.
 */

/** The month of the table's last review. */
export const asOf = "2026-11";

/** The region of these prices. */
export const pricedRegion = "eu-central-1";

/** The file for missing prices. */
export const priceFile = "ci/cost/prices.ts";

/** Mean hours of a month, as AWS's own calculator has them. */
export const hoursPerMonth = 730;

/** Spot prices change by the hour; this is their expected share of the on-demand price. */
export const spotShare = 0.4;

export interface Price {
  readonly usd: number;
  readonly per: "hour" | "month";
  /** The page that has the price. */
  readonly page: string;
  /** Costs that come on top, or are not counted. */
  readonly note?: string;
}

const ec2 = "aws.amazon.com/ec2/pricing/on-demand";
const ebs = "aws.amazon.com/ebs/pricing";
const vpc = "aws.amazon.com/vpc/pricing";
const elb = "aws.amazon.com/elasticloadbalancing/pricing";
const rds = "aws.amazon.com/rds/postgresql/pricing";
const fargate = "aws.amazon.com/fargate/pricing";
const cloudwatch = "aws.amazon.com/cloudwatch/pricing";
const privateLink = "aws.amazon.com/privatelink/pricing";
const kms = "aws.amazon.com/kms/pricing";
const secrets = "aws.amazon.com/secrets-manager/pricing";
const route53 = "aws.amazon.com/route53/pricing";
const waf = "aws.amazon.com/waf/pricing";
const s3 = "aws.amazon.com/s3/pricing";
const lambda = "aws.amazon.com/lambda/pricing";
const sqs = "aws.amazon.com/sqs/pricing";
const sns = "aws.amazon.com/sns/pricing";
const cloudfront = "aws.amazon.com/cloudfront/pricing";
const dynamodb = "aws.amazon.com/dynamodb/pricing";

const hourly = (usd: number, page: string, note?: string): Price => ({
  usd,
  per: "hour",
  page,
  ...(note === undefined ? {} : { note }),
});
const monthly = (usd: number, page: string, note?: string): Price => ({
  ...hourly(usd, page, note),
  per: "month",
});
/** A price of 0 without use, with the cost of use in words. */
const byUse = (page: string, note: string) => monthly(0, page, `by use: ${note}`);

/** Linux, on demand. */
const instances: Readonly<Record<string, Price>> = {
  "t4g.nano": hourly(0.0048, ec2),
  "t4g.micro": hourly(0.0096, ec2),
  "t4g.small": hourly(0.0192, ec2),
  "t4g.medium": hourly(0.0384, ec2),
  "t4g.large": hourly(0.0768, ec2),
  "t4g.xlarge": hourly(0.1536, ec2),
  "t4g.2xlarge": hourly(0.3072, ec2),
  "t3a.nano": hourly(0.0054, ec2),
  "t3a.micro": hourly(0.0108, ec2),
  "t3a.small": hourly(0.0216, ec2),
  "t3a.medium": hourly(0.0432, ec2),
  "t3a.large": hourly(0.0864, ec2),
  "t3a.xlarge": hourly(0.1728, ec2),
  "t3a.2xlarge": hourly(0.3456, ec2),
  "t3.nano": hourly(0.006, ec2),
  "t3.micro": hourly(0.012, ec2),
  "t3.small": hourly(0.024, ec2),
  "t3.medium": hourly(0.048, ec2),
  "t3.large": hourly(0.096, ec2),
  "t3.xlarge": hourly(0.192, ec2),
  "t3.2xlarge": hourly(0.384, ec2),
  "m7g.medium": hourly(0.0489, ec2),
  "m7g.large": hourly(0.0978, ec2),
  "m7g.xlarge": hourly(0.1956, ec2),
  "m7g.2xlarge": hourly(0.3912, ec2),
  "c7g.medium": hourly(0.0413, ec2),
  "c7g.large": hourly(0.0825, ec2),
  "c7g.xlarge": hourly(0.165, ec2),
  "c7g.2xlarge": hourly(0.33, ec2),
};

/** PostgreSQL in one zone, and with a standby in another, which costs as much again. */
const databases: Readonly<Record<string, Price>> = {
  "db.t4g.micro": hourly(0.019, rds),
  "db.t4g.micro in two zones": hourly(0.038, rds),
  "db.t4g.small": hourly(0.037, rds),
  "db.t4g.small in two zones": hourly(0.074, rds),
  "db.t4g.medium": hourly(0.075, rds),
  "db.t4g.medium in two zones": hourly(0.15, rds),
  "db.t4g.large": hourly(0.149, rds),
  "db.t4g.large in two zones": hourly(0.298, rds),
  "db.t4g.xlarge": hourly(0.298, rds),
  "db.t4g.xlarge in two zones": hourly(0.596, rds),
  "db.t4g.2xlarge": hourly(0.596, rds),
  "db.t4g.2xlarge in two zones": hourly(1.192, rds),
  "GB of gp3 for a database": monthly(0.137, rds, "backups beyond its size are extra"),
  "GB of gp3 for a database in two zones": monthly(0.274, rds, "backups beyond its size are extra"),
  "GB of gp2 for a database": monthly(0.137, rds, "backups beyond its size are extra"),
  "GB of gp2 for a database in two zones": monthly(0.274, rds, "backups beyond its size are extra"),
};

const others: Readonly<Record<string, Price>> = {
  "GB of gp3 volume": monthly(0.0952, ebs),
  "GB of gp2 volume": monthly(0.119, ebs),
  "detailed monitoring of an instance": monthly(2.1, cloudwatch),

  "NAT gateway": hourly(0.052, vpc, "and 0.052 USD for each GB through it"),
  "public IPv4 address": hourly(0.005, vpc),
  "interface endpoint in a zone": hourly(0.012, privateLink, "and 0.01 USD for each GB"),

  "application load balancer": hourly(0.027, elb),
  "network load balancer": hourly(0.027, elb),
  "load balancer capacity unit": hourly(0.008, elb, "one all month is assumed, whatever the load"),

  "Fargate vCPU, arm64": hourly(0.03725, fargate),
  "Fargate GB, arm64": hourly(0.00409, fargate),
  "Fargate vCPU, x86_64": hourly(0.04656, fargate),
  "Fargate GB, x86_64": hourly(0.00511, fargate),

  "CloudWatch alarm": monthly(0.1, cloudwatch, "ten in an account are free, which is not counted"),
  "CloudWatch alarm below a minute": monthly(0.3, cloudwatch),
  "composite CloudWatch alarm": monthly(0.5, cloudwatch),
  "CloudWatch dashboard": monthly(3, cloudwatch, "three in an account are free, not counted"),
  "KMS key": monthly(1, kms),
  "Secrets Manager secret": monthly(0.4, secrets),
  "Route 53 zone": monthly(0.5, route53),
  "Route 53 health check": monthly(0.5, route53, "more with HTTPS, or for what is not in AWS"),
  "web ACL": monthly(5, waf, "and 0.60 USD for each million requests"),
  "rule of a web ACL": monthly(1, waf),

  "S3 bucket": byUse(s3, "about 0.0245 USD for each GB it holds"),
  "Lambda function": byUse(lambda, "about 0 for a few thousand calls"),
  "SQS queue": byUse(sqs, "about 0 below a million messages"),
  "SNS topic": byUse(sns, "about 0 below a million messages"),
  "CloudFront distribution": byUse(cloudfront, "about 0.085 USD for each GB to Europe"),
  "CloudWatch log group": byUse(cloudwatch, "about 0.63 USD for each GB written"),
  "DynamoDB table": byUse(dynamodb, "about 0 for a table of locks"),
};

const spot = Object.fromEntries(
  Object.entries(instances).map(([type, price]) => [
    `${type} spot`,
    { ...price, usd: price.usd * spotShare },
  ]),
);

/** Every known price, by the name of its item. */
export const prices: Readonly<Record<string, Price>> = {
  ...instances,
  ...spot,
  ...databases,
  ...others,
};

/** The types of instances that have a price, smallest first within each family. */
export const instanceTypes: readonly string[] = Object.keys(instances);

/** Costs that no line counts, for people who read a sum. */
export const notCounted = [
  "traffic to the internet (about 0.09 USD a GB) and between zones (about 0.01 each way)",
  "what is stored and logged, surplus CPU credits of T instances, support, tax",
];
