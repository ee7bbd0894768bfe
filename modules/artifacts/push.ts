import type { Statement } from "../iam/index.ts";

/**
 * What somebody may do who uploads a service's archives: make new objects under its prefix, and list
 * their names, by which an upload that is made twice is recognised. No object can be read, deleted or
 * replaced: S3 refuses a request without `If-None-Match`.
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
