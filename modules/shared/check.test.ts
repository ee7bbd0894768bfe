import { App, Fn, TerraformStack } from "cdktf";
import { expect, test } from "vitest";
import { check, rule } from "./check.ts";

const stack = () => new TerraformStack(new App(), "staging");

test("every wrong prop is reported at once, with its value and a good one", () => {
  const rules = [
    rule("zones", 9, "a whole number from 1 to 3, like 2", (zones) => zones <= 3),
    rule("name", "web", '"web"', (name) => name.length > 0),
    rule("cidr", "10.0.0.0", '"10.42.0.0/16"', (cidr) => cidr.includes("/")),
  ];
  expect(() => check(stack(), rules)).toThrow(
    'staging: zones is 9; good: a whole number from 1 to 3, like 2; cidr is "10.0.0.0"; good: "10.42.0.0/16"',
  );
});

test("a value that is known only at apply is not checked at synth", () => {
  expect(() =>
    check(stack(), [rule("name", Fn.lower("${aws_vpc.x.id}"), "short", (name) => name === "")]),
  ).not.toThrow();
});
