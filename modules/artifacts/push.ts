import type { Statement } from "../iam/index.ts";

/**
 * The rights to upload a service's archives: create objects under its prefix, and list their names,
 * by which a repeated upload is recognised. No object can be read, deleted or replaced: S3 refuses
 * a request without `If-None-Match`.
 */
export function pushStatements(bucketArn: string, service: string): Statement[] {
  return [
    {
      sid: "MakeNewArchives",
      actions: ["s3:PutObject"],
      resources: [`${bucketArn}/${service}/*`],
      condition: [{ test: "Null", variable: "s3:if-none-match", values: ["false"] }],
    },
    {
      sid: "ListTheirNames",
      actions: ["s3:ListBucket"],
      resources: [bucketArn],
      condition: [{ test: "StringLike", variable: "s3:prefix", values: [`${service}/*`] }],
    },
  ];
}
