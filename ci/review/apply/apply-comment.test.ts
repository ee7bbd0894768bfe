import { expect, test } from "vitest";
import { Problem } from "../../../lib/problem.ts";
import { unknown } from "../plan/attributes.ts";
import type { Change } from "../plan/changes.ts";
import { whyLabel } from "../plan/destroy-threshold.ts";
import { type Applied, applyComment } from "./apply-comment.ts";
import { outcomeOf } from "./outcome.ts";

const comment = (differs: Partial<Applied>) =>
  applyComment({ stacks: ["dev"], outcomes: [], left: [], pull: 7, runUrl: "run", ...differs });
const applied = { stack: "dev", outcome: "applied", summary: "1 to create" } as const;
const problem = new Problem({ happened: "no ```rights", unchanged: "others", next: "ask" });

test("the comment lists each applied stack with its changes", () => {
  expect(comment({ outcomes: [applied] })).toBe(
    "### Applied: 1 stack\n\n- **dev**: 1 to create\n\n<sub>[The run](run)</sub>",
  );
});

test("the comment quotes a failure's error, with what is unchanged and the next step", () => {
  const outcomes = [applied, outcomeOf("staging", "failed", problem)];
  const body = comment({ stacks: ["dev", "staging"], outcomes });
  expect(body).toContain("### Apply failed: 1 of 2 stacks are as merged");
  expect(body).toContain(
    "**staging** failed. Unchanged: others.\n\n````\nno ```rights\n````\n\nNext: ask",
  );
});

test("a stack without an outcome is reported as not begun", () => {
  const body = comment({
    stacks: ["dev", "staging"],
    outcomes: [outcomeOf("dev", "refused", problem)],
  });
  expect(body).toContain("### Not applied: 0 of 2 stacks are as merged");
  expect(body).toContain("or the job was cancelled: staging.");
  expect(body).toContain('-f pull_request=7 -f stacks="staging"');
});

test("a stack that no workflow applies is reported, also when it is the only one", () => {
  const left = [{ stack: "account", why: "an administrator applies it" }];
  expect(comment({ stacks: [], left })).toContain(
    "### Nothing to apply here\n\n**account** is not applied here: an administrator applies it",
  );
});

test("a secret in Terraform's error is left out", () => {
  const words = new Problem({ happened: "AKIAABCDEFGHIJKLMNOP", unchanged: "", next: "" });
  expect(JSON.stringify(outcomeOf("dev", "failed", words))).not.toContain("AKIA");
});

const going = (type: string, count: number, kind: Change["kind"] = "destroy"): Change[] =>
  [...Array(count).keys()].map((n) => ({ kind, address: `${type}.n${n}`, type, attributes: [] }));

const proofs = (count: number): Change[] =>
  going("aws_route53_record", count, "replace").map((it) => ({
    ...it,
    attributes: [{ path: "name", before: "_1.example.org", after: unknown, forces: true }],
  }));

test.each<[string, Change[], string | undefined]>([
  ["four", going("aws_vpc", 4), undefined],
  ["five, of whatever stacks", [...going("aws_vpc", 2), ...going("aws_iam_role", 3)], "5 objects"],
  ["five replaced", going("aws_vpc", 5, "replace"), "5 objects"],
  ["one that holds data", going("aws_db_instance", 1), "aws_db_instance.n0 holds data"],
  [
    "one replaced group",
    going("aws_autoscaling_group", 1, "replace"),
    "aws_autoscaling_group.n0 serves, and it would be gone until there is another one",
  ],
  ["one load balancer", going("aws_lb", 1), "aws_lb.n0 serves, and it would be gone"],
  ["six records that prove a new certificate", proofs(6), undefined],
  ["a record of a host", going("aws_route53_record", 1), "aws_route53_record.n0 serves"],
  ["nine renewed certificates", going("aws_acm_certificate", 9, "replace"), undefined],
  ["a group that is updated", going("aws_autoscaling_group", 9, "update"), undefined],
  ["fifty new ones", going("aws_db_instance", 50, "create"), undefined],
])("whether the label is needed: %s", (_, changes, why) => {
  if (why === undefined) expect(whyLabel(changes)).toBeUndefined();
  else expect(whyLabel(changes)).toContain(why);
});
