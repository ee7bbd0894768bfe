import { expect, test } from "vitest";
import { deniedIn } from "./denied-in.ts";

const name = (action: string) => `<EvalActionName>${action}</EvalActionName>`;
const decision = (it: string) => `<EvalDecision>${it}</EvalDecision>`;
const statements =
  "<MatchedStatements><member><SourcePolicyId>a</SourcePolicyId></member></MatchedStatements>";

test("only what IAM calls allowed is allowed, in whatever order an answer has its parts", () => {
  const xml = `<EvaluationResults>
    <member>${name("iam:CreateRole")}${decision("allowed")}${statements}</member>
    <member>${decision("allowed")}${statements}${name("iam:PassRole")}</member>
    <member>${decision("implicitDeny")}<MatchedStatements/>${name("s3:CreateBucket")}</member>
    <member>${name("s3:PutBucketPolicy")}${statements}${decision("explicitDeny")}</member>
  </EvaluationResults>`;
  const actions = ["iam:CreateRole", "iam:PassRole", "s3:CreateBucket", "s3:PutBucketPolicy"];
  expect(deniedIn(xml, [...actions, "iam:GetRole"])).toEqual([
    "s3:CreateBucket",
    "s3:PutBucketPolicy",
    "iam:GetRole",
  ]);
});
