import {
  CloudfrontDistribution,
  type CloudfrontDistributionConfig,
} from "@cdktf/provider-aws/lib/cloudfront-distribution/index.js";
import { CloudfrontOriginAccessControl } from "@cdktf/provider-aws/lib/cloudfront-origin-access-control/index.js";
import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
} from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { Construct } from "constructs";
import { onlyOverTls } from "../private-bucket/only-over-tls.ts";
import { AccessLogs } from "./access-logs.ts";
import { assetsPolicy, pagesPolicy } from "./cache.ts";
import { type BucketOrigin, type CdnProps, checkProps, type HostOrigin } from "./props.ts";

/** AWS's managed policy that forwards all headers, cookies and the query of a request. */
const allViewer = "216adef6-5c7f-47e4-b989-5492eafa07d3";
const originId = "origin";
const always = {
  targetOriginId: originId,
  viewerProtocolPolicy: "redirect-to-https",
  compress: true,
  cachedMethods: ["GET", "HEAD"],
};
const reads = ["GET", "HEAD", "OPTIONS"];
const anything = [...reads, "DELETE", "PATCH", "POST", "PUT"];

/** A CloudFront distribution in front of a service or of a bucket. */
export class Cdn extends Construct {
  readonly distributionId: string;
  readonly distributionArn: string;
  /** Where DNS records of the aliases point to. */
  readonly domainName: string;
  /** The Route 53 zone of `domainName`, for an alias record. */
  readonly hostedZoneId: string;

  constructor(scope: Construct, id: string, props: CdnProps) {
    super(scope, id);
    checkProps(this, props);
    const { origin } = props;
    const name = `${props.cluster}-${props.name}`;
    const distribution = new CloudfrontDistribution(this, "resource", {
      enabled: true,
      comment: name,
      aliases: [...props.aliases],
      httpVersion: "http2and3",
      isIpv6Enabled: true,
      priceClass: props.priceClass ?? "PriceClass_100",
      ...(props.webAclArn && { webAclId: props.webAclArn }),
      viewerCertificate: {
        acmCertificateArn: props.certificateArn,
        sslSupportMethod: "sni-only",
        minimumProtocolVersion: "TLSv1.2_2021",
      },
      restrictions: { geoRestriction: { restrictionType: "none" } },
      tags: { Name: name },
      ...("hostName" in origin
        ? this.#ofService(name, origin, props)
        : this.#ofBucket(name, origin, props)),
    });
    this.distributionId = distribution.id;
    this.distributionArn = distribution.arn;
    this.domainName = distribution.domainName;
    this.hostedZoneId = distribution.hostedZoneId;

    if ("bucketName" in origin && (origin.writePolicy ?? true)) {
      const bucketArn = `arn:aws:s3:::${origin.bucketName}`;
      new S3BucketPolicy(this, "bucket-policy", {
        bucket: origin.bucketName,
        policy: new DataAwsIamPolicyDocument(this, "bucket-policy-document", {
          statement: [onlyOverTls(bucketArn), this.readStatement(bucketArn)],
        }).json,
      });
    }
    if (props.logsBucketArn) {
      new AccessLogs(this, "access-logs", {
        name: `${name}-cdn`,
        distributionArn: distribution.arn,
        bucketArn: props.logsBucketArn,
      });
    }
  }

  /** What a bucket's policy says to let this distribution, and no other, read its files. */
  readStatement(bucketArn: string): DataAwsIamPolicyDocumentStatement {
    return {
      sid: "CdnReads",
      actions: ["s3:GetObject"],
      resources: [`${bucketArn}/*`],
      principals: [{ type: "Service", identifiers: ["cloudfront.amazonaws.com"] }],
      condition: [
        { test: "StringEquals", variable: "aws:SourceArn", values: [this.distributionArn] },
      ],
    };
  }

  /** Lets a role make the distribution forget what it stored, as after a push of new files. */
  grantInvalidate(roleName: string, id = "invalidate"): void {
    new IamRolePolicy(this, id, {
      role: roleName,
      name: `${this.node.id}-${id}`,
      policy: new DataAwsIamPolicyDocument(this, `${id}-document`, {
        statement: [
          {
            actions: ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"],
            resources: [this.distributionArn],
          },
        ],
      }).json,
    });
  }

  #ofService(name: string, { hostName }: HostOrigin, props: CdnProps): Part {
    const { assetPaths = [] } = props;
    const assets =
      // The load balancer finds the service by the host, so files are cached for each host, too.
      assetPaths.length > 0 ? assetsPolicy(this, `${name}-assets`, ["Host"]) : undefined;
    return {
      origin: [
        {
          originId,
          domainName: hostName,
          customOriginConfig: {
            httpPort: 80,
            httpsPort: 443,
            originProtocolPolicy: "https-only",
            originSslProtocols: ["TLSv1.2"],
            originReadTimeout: props.responseTimeoutSeconds ?? 30,
            // Well below the load balancer's idle timeout: CloudFront must be the first to close.
            originKeepaliveTimeout: 30,
          },
        },
      ],
      defaultCacheBehavior: {
        ...always,
        allowedMethods: anything,
        cachePolicyId: pagesPolicy(this, `${name}-pages`).id,
        originRequestPolicyId: allViewer,
      },
      ...(assets && {
        orderedCacheBehavior: assetPaths.map((pathPattern) => ({
          ...always,
          pathPattern,
          allowedMethods: reads,
          cachePolicyId: assets.id,
        })),
      }),
    };
  }

  #ofBucket(name: string, { bucketName, bucketRegion }: BucketOrigin, props: CdnProps): Part {
    const access = new CloudfrontOriginAccessControl(this, "origin-access", {
      name,
      description: `Reads ${bucketName}`,
      originAccessControlOriginType: "s3",
      signingBehavior: "always",
      signingProtocol: "sigv4",
    });
    return {
      defaultRootObject: props.defaultRootObject ?? "index.html",
      origin: [
        {
          originId,
          domainName: `${bucketName}.s3.${bucketRegion}.amazonaws.com`,
          originAccessControlId: access.id,
        },
      ],
      defaultCacheBehavior: {
        ...always,
        allowedMethods: reads,
        cachePolicyId: assetsPolicy(this, `${name}-assets`, []).id,
      },
    };
  }
}

/** The settings that differ between a service and a bucket. */
type Part = Pick<
  CloudfrontDistributionConfig,
  "origin" | "defaultCacheBehavior" | "orderedCacheBehavior" | "defaultRootObject"
>;
