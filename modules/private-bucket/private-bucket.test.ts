import { expect, test } from "vitest";
import { synthesise } from "../testing/synthesise.ts";
import { PrivateBucket, type PrivateBucketProps } from "./index.ts";

const make = (props: PrivateBucketProps) =>
  synthesise((stack) => void new PrivateBucket(stack, "bucket", props));

test("a bucket keeps versions, is encrypted, and is closed to the public", () => {
  const { only } = make({ name: "staging-things" });
  expect(only("aws_s3_bucket_versioning").versioning_configuration.status).toBe("Enabled");
  expect(only("aws_s3_bucket_server_side_encryption_configuration").rule).toEqual([
    { apply_server_side_encryption_by_default: { sse_algorithm: "AES256" } },
  ]);
  expect(only("aws_s3_bucket_public_access_block")).toMatchObject({
    block_public_acls: true,
    block_public_policy: true,
    ignore_public_acls: true,
    restrict_public_buckets: true,
  });
  expect(only("aws_s3_bucket_ownership_controls").rule.object_ownership).toBe(
    "BucketOwnerEnforced",
  );
  expect(only("aws_s3_bucket").lifecycle).toBeUndefined();
});

test("every request without TLS is denied", () => {
  const { dataSources } = make({ name: "staging-things" });
  const [document] = Object.values(dataSources("aws_iam_policy_document"));
  expect(document?.statement).toEqual([
    expect.objectContaining({
      effect: "Deny",
      actions: ["s3:*"],
      principals: [{ type: "*", identifiers: ["*"] }],
      condition: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
    }),
  ]);
});

test("a bucket can be protected from destruction, and its policy extended", () => {
  const { only, dataSources } = make({
    name: "staging-things",
    preventDestroy: true,
    statements: (arn) => [{ sid: "More", actions: ["s3:GetObject"], resources: [`${arn}/*`] }],
  });
  expect(only("aws_s3_bucket").lifecycle).toEqual({ prevent_destroy: true });
  const [document] = Object.values(dataSources("aws_iam_policy_document"));
  expect(document?.statement.map(({ sid }: { sid: string }) => sid)).toEqual([
    "OnlyOverTls",
    "More",
  ]);
});

test.each(["Things", "a", "-things", "x".repeat(64)])("a bucket cannot be called %s", (name) => {
  expect(() => make({ name })).toThrow(
    `name is ${JSON.stringify(name)}; good: up to 63 lower-case letters`,
  );
});
