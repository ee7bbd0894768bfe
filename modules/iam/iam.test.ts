import { expect, test } from "vitest";
import { synthesise } from "../testing/synthesise.ts";
import { attach, grant, serviceRole, sessionStatements } from "./index.ts";

test("a role is for one AWS service, and for one account where that is given", () => {
  const { only, dataSources } = synthesise((stack) => {
    const service = "ecs-tasks.amazonaws.com";
    serviceRole(stack, "role", { name: "staging-web-task", service, account: "123456789012" });
  });
  expect(only("aws_iam_role")).toMatchObject({
    name: "staging-web-task",
    assume_role_policy: "${data.aws_iam_policy_document.role-assume.json}",
  });
  expect(dataSources("aws_iam_policy_document")["role-assume"]?.statement).toEqual([
    {
      actions: ["sts:AssumeRole"],
      principals: [{ type: "Service", identifiers: ["ecs-tasks.amazonaws.com"] }],
      condition: [
        { test: "StringEquals", variable: "aws:SourceAccount", values: ["123456789012"] },
      ],
    },
  ]);
});

test("a role without an account has no condition on it", () => {
  const { dataSources } = synthesise((stack) => {
    serviceRole(stack, "role", { name: "a", service: "ec2.amazonaws.com" });
  });
  const [statement] = dataSources("aws_iam_policy_document")["role-assume"]?.statement ?? [];
  expect(statement.condition).toBeUndefined();
});

test("a grant is an inline policy of the role", () => {
  const statements = [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::a/*"] }];
  const { only, dataSources } = synthesise((stack) => {
    grant(stack, "read", { role: "web", name: "read-a", statements });
  });
  expect(only("aws_iam_role_policy")).toMatchObject({ role: "web", name: "read-a" });
  expect(dataSources("aws_iam_policy_document")["read-policy"]?.statement).toEqual(statements);
});

test("an attached policy is a separate resource", () => {
  const statements = [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::a/*"] }];
  const { only } = synthesise((stack) => {
    attach(stack, "read", { role: "web", name: "read-a", statements });
  });
  expect(only("aws_iam_policy").name).toBe("read-a");
  expect(only("aws_iam_role_policy_attachment")).toMatchObject({
    role: "web",
    policy_arn: "${aws_iam_policy.read.arn}",
  });
});

test("an instance holds sessions that others open, and opens none itself", () => {
  const statements = sessionStatements("eu-central-1:123456789012");
  const actions = statements.flatMap((it) => it.actions ?? []);
  expect(actions.filter((it) => !/^ssmmessages:(Create|Open)/.test(it))).toEqual([
    "ssm:UpdateInstanceInformation",
  ]);
  expect(actions.filter((it) => it.includes("*"))).toEqual([]);
});
