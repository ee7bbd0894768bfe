import { expect, test } from "vitest";
import { aChange, recorded } from "../testing/recorded.ts";
import { changesOf } from "./changes.ts";
import { parsePlan } from "./plan-json.ts";
import { summary } from "./summary.ts";

const everything = changesOf(recorded("everything"));
const of = (address: string) => everything.find((it) => it.address === address);

test("changes are sorted by kind, those that take something away first, and then by address", () => {
  expect(everything.map(({ kind, address }) => `${kind} ${address}`)).toEqual([
    "destroy aws_sqs_queue.goes",
    "replace aws_sqs_queue.renamed",
    "replace terraform_data.half_way",
    "forget aws_sns_topic.forgotten",
    "create aws_sns_topic.fresh",
    "update aws_autoscaling_group.web",
    "update aws_cloudwatch_log_group.kept",
    "update aws_iam_role.web",
    "update aws_launch_template.web",
    "update aws_ssm_parameter.key",
    "import aws_sns_topic.found",
    "move aws_sns_topic.new_name",
    "output output.topic",
  ]);
});

test("an empty plan, a data source and an unchanged object have no change", () => {
  expect(changesOf(recorded("empty"))).toEqual([]);
  expect(of("aws_sns_topic.stays")).toBeUndefined();
  expect(everything.some(({ address }) => address.startsWith("data."))).toBe(false);
});

test("a replacement names the attribute that forces it, or why the object was tainted", () => {
  const name = { path: "name", before: '"old-name"', after: '"new-name"', forces: true };
  expect(of("aws_sqs_queue.renamed")?.attributes).toContainEqual(name);
  expect(of("terraform_data.half_way")?.why).toBe("its last creation failed half-way (tainted)");
});

test("a move has its old address, and an import has its id", () => {
  expect(of("aws_sns_topic.new_name")?.from).toBe("aws_sns_topic.old_name");
  expect(of("aws_sns_topic.found")?.imports).toBe("arn:aws:sns:eu-central-1:000000000000:found");
});

test("a moved object that also changes has the kind of its change, and its old address", () => {
  const [it] = changesOf(
    aChange(
      { actions: ["update"], before: { a: 1 }, after: { a: 2 } },
      { previous_address: "x.y" },
    ),
  );
  expect(it).toMatchObject({ kind: "update", from: "x.y" });
});

test("an object that a failed replacement left behind is named", () => {
  const [it] = changesOf(aChange({ actions: ["delete"] }, { deposed: "0f1e" }));
  expect(it).toMatchObject({ kind: "destroy", address: "aws_vpc.a (deposed 0f1e)" });
});

test.each([
  [["create", "delete"], "replace"],
  [["delete", "create"], "replace"],
  [["create", "forget"], "replace"],
  [["a-word-of-tomorrow"], "replace"],
  [["forget"], "forget"],
])("%j is %s: an unknown action counts as one that takes something away", (actions, kind) => {
  expect(changesOf(aChange({ actions }))).toMatchObject([{ kind }]);
});

test("a plan in another format is refused", () => {
  expect(() => parsePlan('{"format_version":"2.0"}')).toThrow("the plan's format is 2.0");
});

test("the summary counts each kind", () => {
  expect(summary(everything)).toBe(
    "1 to destroy, 2 to replace, 1 to forget, 1 to create, 5 to update, 1 to import, 1 to move, 1 of outputs",
  );
  expect(summary([])).toBe("no change");
});
