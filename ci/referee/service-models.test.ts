import { expect, test } from "vitest";
import { judgeByModels, type Model, type Shape } from "./service-models.ts";

const shapes: Record<string, Shape> = {
  Input: {
    type: "structure",
    members: {
      roleName: { shape: "Name" },
      path: { shape: "Odd" },
      tags: { shape: "Never" },
      vpcs: { shape: "Vpcs" },
      description: { shape: "Text" },
    },
  },
  Name: { type: "string", min: 1, max: 4, pattern: "[a-z]+" },
  Odd: { type: "string", pattern: "(?i)[a-z]" },
  Never: { type: "string", max: 0 },
  Vpcs: { type: "list", member: { shape: "Vpc" }, max: 2 },
  Vpc: { type: "structure", members: { region: { shape: "Region" }, size: { shape: "Size" } } },
  Region: { type: "string", enum: ["eu-central-1"] },
  Size: { type: "integer", min: 16 },
  Text: { type: "string" },
};
const model: Model = { operations: { CreateRole: { input: { shape: "Input" } } }, shapes };

/** What the model says against a role with these properties. */
function judged(Properties: Readonly<Record<string, unknown>>) {
  const document = {
    AWSTemplateFormatVersion: "2010-09-09" as const,
    Resources: { role: { Type: "AWS::IAM::Role", Properties } },
  };
  const addresses = new Map([["role", "aws_iam_role.web"]]);
  const { findings, compared } = judgeByModels("dev", { document, addresses }, () => model);
  return { compared, says: findings.map(({ rule, at, says }) => `${rule} ${at}: ${says}`) };
}

const at = "dev/aws_iam_role.web:";

test.each<[string, Readonly<Record<string, unknown>>, string[]]>([
  ["a good name", { RoleName: "web" }, []],
  [
    "a name that is too long",
    { RoleName: "webby" },
    [`CreateRole-max ${at} RoleName 5 is above 4`],
  ],
  ["an empty name", { RoleName: "" }, [`CreateRole-min ${at} RoleName 0 is below 1`]],
  [
    "a name of another form",
    { RoleName: "WEB" },
    [`CreateRole-pattern ${at} RoleName WEB is not of the form [a-z]+`],
  ],
  [
    "a word that AWS does not know, in a list",
    { VPCs: [{ Region: "eu-central-9" }] },
    [`CreateRole-enum ${at} VPCs/Region is eu-central-9, and AWS knows eu-central-1`],
  ],
  [
    "a number that is too small",
    { VPCs: [{ Size: 8 }] },
    [`CreateRole-min ${at} VPCs/Size 8 is below 16`],
  ],
  ["a list that is too long", { VPCs: [{}, {}, {}] }, [`CreateRole-max ${at} VPCs 3 is above 2`]],
  ["a pattern that cannot be read here", { Path: "9" }, []],
  ["tags, which calls take in several forms", { Tags: [{ Key: "a", Value: "b" }] }, []],
])("%s", (_, properties, says) => {
  expect(judged(properties).says).toEqual(says);
});

test("only values whose shape has a rule count as compared", () => {
  expect(judged({ RoleName: "web", Description: "text", Unknown: 1 }).compared).toBe(1);
});
