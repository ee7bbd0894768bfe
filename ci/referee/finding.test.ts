import { expect, test } from "vitest";
import { type Accepted, type Finding, outdated, unknown } from "./finding.ts";

const listed: Accepted = { rule: "E1", at: /^dev\//, why: "known" };
const found = (at: string): Finding => ({ rule: "E1", at, says: "is wrong" });

test("a finding that nobody accepted is told once, however often it was made", () => {
  const findings = [
    found("dev/aws_lb.a"),
    found("production/aws_lb.a"),
    found("production/aws_lb.a"),
  ];
  expect(unknown(findings, [listed])).toEqual(["E1 production/aws_lb.a: is wrong"]);
});

test("an accepted finding that is not found any more is told", () => {
  expect(outdated([found("dev/aws_lb.a")], [listed])).toEqual([]);
  expect(outdated([found("production/aws_lb.a")], [listed])).toEqual(["E1 ^dev\\/"]);
});
