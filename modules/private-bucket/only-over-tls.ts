import type { Statement } from "../iam/index.ts";

/** The statement of a bucket's policy that refuses whoever comes without TLS. */
export const onlyOverTls = (bucketArn: string): Statement => ({
  sid: "OnlyOverTls",
  effect: "Deny",
  actions: ["s3:*"],
  resources: [bucketArn, `${bucketArn}/*`],
  principals: [{ type: "*", identifiers: ["*"] }],
  condition: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
});
