import { expect, test } from "vitest";
import { type Arguments, synthesise } from "../testing/synthesise.ts";
import { type BucketOrigin, Cdn, type CdnProps } from "./index.ts";

const bucket: BucketOrigin = {
  bucketName: "staging-site-123456789012-eu-central-1",
  bucketRegion: "eu-central-1",
};
const minimal: CdnProps = {
  cluster: "staging",
  name: "web",
  origin: { hostName: "origin.example.org" },
  aliases: ["www.example.org"],
  certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/one",
};

function made(props: Partial<CdnProps> = {}, fill: (cdn: Cdn) => void = () => {}) {
  const synthesised = synthesise((stack) => fill(new Cdn(stack, "cdn", { ...minimal, ...props })));
  const named = (type: string, id: string): Arguments => {
    const all = { ...synthesised.resources(type), ...synthesised.dataSources(type) };
    const found = Object.keys(all).filter((address) => address.startsWith(`cdn_${id}_`));
    expect(found).toHaveLength(1);
    return all[found[0] as string] as Arguments;
  };
  return {
    ...synthesised,
    named,
    all: (type: string): Arguments[] => Object.values(synthesised.resources(type)),
    distribution: synthesised.only("aws_cloudfront_distribution"),
  };
}

test("minimal props put a distribution in front of a service", () => {
  const { distribution, all, text } = made();
  expect(distribution).toMatchObject({
    aliases: ["www.example.org"],
    enabled: true,
    http_version: "http2and3",
    is_ipv6_enabled: true,
    price_class: "PriceClass_100",
  });
  for (const unasked of ["default_root_object", "ordered_cache_behavior", "web_acl_id"]) {
    expect(distribution).not.toHaveProperty(unasked);
  }
  expect(all("aws_s3_bucket_policy")).toEqual([]);
  expect(all("aws_cloudwatch_log_delivery")).toEqual([]);
  expect(text).not.toMatch(/TOKEN\[/i);
});

test("plain HTTP and TLS before 1.2 are refused on both sides", () => {
  const { distribution } = made({ assetPaths: ["/static/*"] });
  expect(distribution.viewer_certificate).toMatchObject({
    minimum_protocol_version: "TLSv1.2_2021",
    ssl_support_method: "sni-only",
  });
  expect(distribution.origin[0].custom_origin_config).toMatchObject({
    origin_protocol_policy: "https-only",
    origin_ssl_protocols: ["TLSv1.2"],
  });
  const behaviors = [
    distribution.default_cache_behavior,
    ...distribution.ordered_cache_behavior,
    made({ origin: bucket }).distribution.default_cache_behavior,
  ];
  for (const behavior of behaviors) {
    expect(behavior).toMatchObject({ viewer_protocol_policy: "redirect-to-https", compress: true });
  }
});

test("a service's responses are cached only as it says, separately for each user", () => {
  const { distribution, only } = made();
  const policy = only("aws_cloudfront_cache_policy");
  expect(policy).toMatchObject({ min_ttl: 0, default_ttl: 0 });
  const key = policy.parameters_in_cache_key_and_forwarded_to_origin;
  expect(key.cookies_config.cookie_behavior).toBe("all");
  expect(key.headers_config.headers.items).toEqual(
    expect.arrayContaining(["Authorization", "Host"]),
  );
  expect(distribution.default_cache_behavior.cache_policy_id).toContain("cdn_pages_");
  expect(distribution.default_cache_behavior.allowed_methods).toContain("POST");
});

test("a service's assets are cached for everybody, so no cookie reaches the service", () => {
  const { distribution, named } = made({ assetPaths: ["/static/*"] });
  const [behavior] = distribution.ordered_cache_behavior;
  expect(behavior.path_pattern).toBe("/static/*");
  expect(behavior.cache_policy_id).toContain("cdn_assets_");
  expect(behavior).not.toHaveProperty("origin_request_policy_id");
  const policy = named("aws_cloudfront_cache_policy", "assets");
  const key = policy.parameters_in_cache_key_and_forwarded_to_origin;
  expect(key.cookies_config.cookie_behavior).toBe("none");
  expect(key.headers_config.headers.items).toEqual(["Host"]);
});

test("only this distribution's signed requests may read the bucket", () => {
  const { distribution, only, named } = made({ origin: bucket });
  expect(distribution.default_root_object).toBe("index.html");
  expect(distribution.default_cache_behavior.allowed_methods).toEqual(["GET", "HEAD", "OPTIONS"]);
  expect(distribution.origin).toMatchObject([
    {
      domain_name: "staging-site-123456789012-eu-central-1.s3.eu-central-1.amazonaws.com",
      origin_access_control_id: expect.stringContaining("aws_cloudfront_origin_access_control"),
    },
  ]);
  expect(only("aws_cloudfront_origin_access_control")).toMatchObject({
    origin_access_control_origin_type: "s3",
    signing_behavior: "always",
    signing_protocol: "sigv4",
  });
  expect(only("aws_s3_bucket_policy").bucket).toBe(bucket.bucketName);
  const [overTls, reads] = named("aws_iam_policy_document", "bucket-policy-document").statement;
  expect(overTls).toMatchObject({ effect: "Deny", condition: [{ values: ["false"] }] });
  expect(reads).toMatchObject({
    actions: ["s3:GetObject"],
    resources: [`arn:aws:s3:::${bucket.bucketName}/*`],
    condition: [
      {
        variable: "aws:SourceArn",
        values: [
          expect.stringMatching(/^\$\{aws_cloudfront_distribution\.cdn_resource_\w+\.arn\}$/),
        ],
      },
    ],
  });
});

test("a bucket whose policy is written elsewhere gets no policy here", () => {
  const { all } = made({ origin: { ...bucket, writePolicy: false } }, (cdn) => {
    expect(cdn.readStatement("arn:aws:s3:::other").resources).toEqual(["arn:aws:s3:::other/*"]);
  });
  expect(all("aws_s3_bucket_policy")).toEqual([]);
});

test("access logs are configured in us-east-1, wherever the bucket is", () => {
  const { only } = made({ logsBucketArn: "arn:aws:s3:::logs" });
  expect(only("aws_cloudwatch_log_delivery_destination")).toMatchObject({
    region: "us-east-1",
    delivery_destination_configuration: [{ destination_resource_arn: "arn:aws:s3:::logs" }],
  });
  expect(only("aws_cloudwatch_log_delivery_source")).toMatchObject({
    region: "us-east-1",
    log_type: "ACCESS_LOGS",
  });
  expect(only("aws_cloudwatch_log_delivery").region).toBe("us-east-1");
});

test("all remaining props are used", () => {
  const webAclArn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/w/1";
  const { distribution } = made({
    priceClass: "PriceClass_All",
    responseTimeoutSeconds: 60,
    webAclArn,
  });
  expect(distribution).toMatchObject({ price_class: "PriceClass_All", web_acl_id: webAclArn });
  expect(distribution.origin[0].custom_origin_config.origin_read_timeout).toBe(60);
  const site = made({ origin: bucket, defaultRootObject: "start.html" }).distribution;
  expect(site.default_root_object).toBe("start.html");
});

test("a grant to invalidate covers this distribution alone", () => {
  const { only, named } = made({}, (cdn) => cdn.grantInvalidate("push"));
  expect(only("aws_iam_role_policy").role).toBe("push");
  expect(named("aws_iam_policy_document", "invalidate-document").statement).toEqual([
    {
      actions: ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"],
      resources: [expect.stringMatching(/^\$\{aws_cloudfront_distribution\./)],
    },
  ]);
});

test.each<[Partial<CdnProps>, string]>([
  [{ cluster: "Staging" }, 'cluster is "Staging"; good: "staging"'],
  [{ name: "" }, 'name is ""; good: "site"'],
  [{ origin: { hostName: "https://x.org" } }, 'origin.hostName is "https://x.org"; good: a host'],
  [{ origin: { ...bucket, bucketName: "a/b" } }, 'origin.bucketName is "a/b"; good'],
  [{ origin: { ...bucket, bucketRegion: "europe" } }, 'origin.bucketRegion is "europe"; good'],
  [{ aliases: [] }, 'aliases is []; good: host names, like ["www.example.org"]'],
  [{ aliases: ["www.*.org"] }, 'aliases is ["www.*.org"]; good'],
  [
    { certificateArn: minimal.certificateArn.replace("us-east-1", "eu-central-1") },
    "good: the ARN of an ACM certificate in us-east-1",
  ],
  [{ assetPaths: ["static/*"] }, 'assetPaths is ["static/*"]; good: paths from the root'],
  [{ origin: bucket, assetPaths: ["/a/*"] }, 'assetPaths is ["/a/*"]; good: left out'],
  [{ defaultRootObject: "index.html" }, 'defaultRootObject is "index.html"; good: left out'],
  [{ origin: bucket, defaultRootObject: "/a" }, 'defaultRootObject is "/a"; good: "index.html"'],
  [{ responseTimeoutSeconds: 61 }, "responseTimeoutSeconds is 61; good: a whole number from 1"],
  [
    { priceClass: "cheap" as "PriceClass_All" },
    'priceClass is "cheap"; good: one of PriceClass_100',
  ],
  [{ webAclArn: "arn:aws:wafv2:eu-central-1:1:regional/webacl/w/1" }, "good: the ARN of a web ACL"],
  [{ logsBucketArn: "logs" }, 'logsBucketArn is "logs"; good: a bucket\'s ARN'],
])("%j is refused with a good value", (props, message) => {
  expect(() => made(props)).toThrow(message);
});
