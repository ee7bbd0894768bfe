import { expect, test } from "vitest";
import { configured } from "./configured.ts";

test("what the provider computes and what works for Terraform alone is left out", () => {
  const written = { name: "web", arn_of: "${aws_vpc.it.arn}", lifecycle: {}, depends_on: [] };
  const applied = { name: "web", arn_of: "arn:1", id: "vpc-1", lifecycle: {}, empty: "" };
  expect(configured(written, applied)).toEqual({ name: "web", arn_of: "arn:1" });
});

test("a block has what any block of its name sets, as a state has sets in another order", () => {
  const written = { rule: [{ port: 80 }, { from: { cidr: "10.0.0.0/8" } }] };
  const applied = {
    rule: [
      { port: null, from: [{ cidr: "10.0.0.0/8", id: "x" }], computed: 1 },
      { port: 80, from: [], computed: 2 },
    ],
  };
  expect(configured(written, applied)).toEqual({
    rule: [{ from: [{ cidr: "10.0.0.0/8" }] }, { port: 80 }],
  });
});

test("false and 0 are values, and what is empty is none", () => {
  const written = { a: false, b: 0, c: "", d: [], e: null };
  expect(configured(written, written)).toEqual({ a: false, b: 0 });
});
