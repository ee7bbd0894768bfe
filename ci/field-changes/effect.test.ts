import { expect, test } from "vitest";
import { unknown } from "../review/plan/attributes.ts";
import type { Change } from "../review/plan/changes.ts";
import { deedsOf, effectOf } from "./effect.ts";

const change = (kind: Change["kind"], type: string, ...paths: string[]): Change => ({
  kind,
  type,
  address: `${type}.it`,
  attributes: paths.map((path) => ({ path })),
});
const group = "aws_autoscaling_group";
const template = change("update", "aws_launch_template", "user_data");

test.each<[string, readonly Change[]]>([
  ["nothing", []],
  ["in place", [change("update", group, "max_size")]],
  ["in place", [template]],
  ["in place", [change("create", group, "launch_template[].version")]],
  ["instance refresh", [template, change("update", group, "launch_template[].version")]],
  ["instance refresh", [change("update", group, "mixed_instances_policy[].override[]")]],
  ["rolling update", [change("update", "aws_ecs_service", "task_definition")]],
  ["in place", [change("update", "aws_ecs_service", "desired_count")]],
  ["replacement", [template, change("replace", group, "name")]],
  ["replacement", [change("destroy", "aws_db_instance")]],
])("the effect is %s where the plan has %j", (effect, changes) => {
  expect(effectOf(changes)).toBe(effect);
});

test("a refresh is told without the group and the template that begin it", () => {
  const changes = [template, change("update", group, "launch_template[].version")];
  expect(deedsOf(changes)).toBe("");
  expect(deedsOf([...changes, change("update", "aws_lb_target_group", "stickiness[]")])).toBe(
    "updates `aws_lb_target_group`",
  );
});

test("a replacement is told with what needs the label", () => {
  expect(deedsOf([template, change("replace", "aws_lb"), change("destroy", "aws_iam_role")])).toBe(
    "replaces `aws_lb`",
  );
  const proof = change("replace", "aws_route53_record");
  const renewed = {
    ...proof,
    attributes: [{ path: "name", after: unknown, forces: true as const }],
  };
  expect(deedsOf([change("destroy", "aws_lb"), renewed])).toBe("destroys `aws_lb`");
});

test("of many types the first are told, and how many more there are", () => {
  const types = ["aws_e", "aws_d", "aws_c", "aws_b", "aws_a"];
  const created = types.map((type) => change("create", type));
  expect(deedsOf(created)).toBe("creates `aws_a`, `aws_b`, `aws_c`, 2 more types");
  expect(deedsOf(created.slice(1))).toBe("creates `aws_a`, `aws_b`, `aws_c`, `aws_d`");
});
