import { expect, test } from "vitest";
import { overlap, policiesOf } from "./policies.ts";

test.each([
  ["arn:aws:rds:eu-central-1:1:*:web-*", "arn:*:rds:*:*:db:*", true],
  ["arn:aws:s3:::releases", "arn:*:s3:::*/*", false],
  ["arn:aws:s3:::releases/*", "arn:*:s3:::*/*", true],
  ["*", "arn:*:s3:::*", true],
  ["", "*", true],
  ["a", "", false],
])("%s and %s: some resource fits both: %s", (one, other, fits) => {
  expect(overlap(one, other)).toBe(fits);
  expect(overlap(other, one)).toBe(fits);
});

test("policies are found wherever a resource has one, and a trust policy is told apart", () => {
  const document = (Action: string) => JSON.stringify({ Statement: { Effect: "Allow", Action } });
  const applied = {
    name: "web",
    assume_role_policy: document("sts:AssumeRole"),
    policy: document("s3:GetObject"),
    redrive_policy: '{"maxReceiveCount":5}',
  };
  expect(policiesOf("dev/aws_iam_role.web", applied)).toEqual([
    {
      at: "dev/aws_iam_role.web",
      kind: "trust",
      statements: [{ Effect: "Allow", Action: "sts:AssumeRole" }],
    },
    {
      at: "dev/aws_iam_role.web",
      kind: "rights",
      statements: [{ Effect: "Allow", Action: "s3:GetObject" }],
    },
  ]);
});
