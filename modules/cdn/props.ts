import type { Construct } from "constructs";
import { Name } from "../../protocol/names.ts";
import { check, rule } from "../shared/check.ts";

/** A service behind a load balancer. */
export interface HostOrigin {
  /** Host name of the load balancer, like its `dnsName`. The load balancer needs a certificate for the aliases. */
  readonly hostName: string;
}

/** Files in an S3 bucket that is not public. */
export interface BucketOrigin {
  /** The bucket's name. */
  readonly bucketName: string;
  /** The bucket's region, like "eu-central-1". */
  readonly bucketRegion: string;
  /**
   * Whether this construct writes the bucket's whole policy. `false` where another construct writes
   * it: that policy has to contain `readStatement`. @default true
   */
  readonly writePolicy?: boolean;
}

export interface CdnProps {
  /** The cluster's name. Part of every resource's name. */
  readonly cluster: string;
  /** Name of what the distribution serves: a service's name, or one like "site". */
  readonly name: string;
  /** Where CloudFront fetches what its cache does not have. */
  readonly origin: HostOrigin | BucketOrigin;
  /** Host names that the distribution serves. Their DNS records have to point to `domainName`. */
  readonly aliases: readonly string[];
  /** ARN of an ACM certificate for the aliases. CloudFront takes it from us-east-1 only. */
  readonly certificateArn: string;
  /**
   * Paths of a service, like "/static/*", whose responses are the same for everybody: they are cached
   * without regard to cookies, and the service gets no cookies. @default none
   */
  readonly assetPaths?: readonly string[];
  /** Longest wait for a service's response, in seconds, from 1 to 60. @default 30 */
  readonly responseTimeoutSeconds?: number;
  /** The file that is served for "/". @default "index.html" for a bucket; a service serves "/" itself */
  readonly defaultRootObject?: string;
  /** Regions with edge locations, from 100, Europe and North America, to All. @default "PriceClass_100" */
  readonly priceClass?: "PriceClass_100" | "PriceClass_200" | "PriceClass_All";
  /** ARN of a WAF web ACL, which must have the scope CLOUDFRONT and is then in us-east-1. @default none */
  readonly webAclArn?: string;
  /** ARN of the bucket of the access logs, which have a line for each request. @default none */
  readonly logsBucketArn?: string;
}

const priceClasses = ["PriceClass_100", "PriceClass_200", "PriceClass_All"];

/** @throws Problem that names every wrong prop. */
export function checkProps(construct: Construct, props: CdnProps): void {
  const { origin, assetPaths = [], responseTimeoutSeconds = 30 } = props;
  const { priceClass = "PriceClass_100" } = props;
  check(construct, [
    rule("cluster", props.cluster, '"staging"', (it) => Name.safeParse(it).success),
    rule("name", props.name, '"site"', (it) => Name.safeParse(it).success),
    ...("hostName" in origin
      ? [
          rule(
            "origin.hostName",
            origin.hostName,
            'a host name, like "origin.example.org"',
            isHost,
          ),
          rule(
            "defaultRootObject",
            props.defaultRootObject,
            "left out: the service answers for / itself",
            (it) => it === undefined,
          ),
        ]
      : [
          rule("origin.bucketName", origin.bucketName, "a bucket's name", (it) =>
            /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(it),
          ),
          rule("origin.bucketRegion", origin.bucketRegion, '"eu-central-1"', (it) =>
            /^[a-z]{2}(-[a-z]+)+-\d$/.test(it),
          ),
          rule(
            "assetPaths",
            assetPaths,
            "left out: all of a bucket is the same for everybody",
            (it) => it.length === 0,
          ),
          rule(
            "defaultRootObject",
            props.defaultRootObject,
            '"index.html", without a slash',
            (it) => (it === undefined ? true : /^[^/].*$/.test(it)),
          ),
        ]),
    rule(
      "aliases",
      props.aliases,
      'host names, like ["www.example.org"]',
      (it) => it.length > 0 && it.every((alias) => isHost(alias.replace(/^\*\./, ""))),
    ),
    rule(
      "certificateArn",
      props.certificateArn,
      'the ARN of an ACM certificate in us-east-1, like "arn:aws:acm:us-east-1:123456789012:certificate/…"',
      (it) => /^arn:aws:acm:us-east-1:\d{12}:certificate\/./.test(it),
    ),
    rule("assetPaths", assetPaths, 'paths from the root, like ["/static/*"]', (it) =>
      it.every((path) => /^\/[A-Za-z0-9_.*$/~"'@:+&?-]+$/.test(path)),
    ),
    rule(
      "responseTimeoutSeconds",
      responseTimeoutSeconds,
      "a whole number from 1 to 60, like 30",
      (it) => Number.isInteger(it) && it >= 1 && it <= 60,
    ),
    rule("priceClass", priceClass, `one of ${priceClasses.join(", ")}`, (it) =>
      priceClasses.includes(it),
    ),
    rule(
      "webAclArn",
      props.webAclArn,
      "the ARN of a web ACL of the scope CLOUDFRONT, which begins with arn:aws:wafv2:us-east-1",
      (it) => it === undefined || /^arn:aws:wafv2:us-east-1:\d{12}:global\/webacl\/./.test(it),
    ),
    rule(
      "logsBucketArn",
      props.logsBucketArn,
      'a bucket\'s ARN, like "arn:aws:s3:::staging-logs-123456789012-eu-central-1"',
      (it) => it === undefined || /^arn:aws:s3:::[^/]+$/.test(it),
    ),
  ]);
}

const isHost = (host: string) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\.[a-z][a-z0-9-]*$/.test(host);
