import type { Statement } from "../iam/index.ts";

/** The bucket policy's statement that denies requests without TLS. */
export const onlyOverTls = (bucketArn: string): Statement => ({
  sid: "OnlyOverTls",
  effect: "Deny",
  actions: ["s3:*"],
  resources: [bucketArn, `${bucketArn}/*`],
  principals: [{ type: "*", identifiers: ["*"] }],
  condition: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
});
