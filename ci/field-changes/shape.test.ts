import { expect, test } from "vitest";
import { shapeOf } from "./shape.ts";

const resource = (argument: string, value: unknown) => ({
  resource: { aws_lb: { it: { name: "a", [argument]: value } } },
});

test.each<[unknown, unknown, string[]]>([
  [resource("idle_timeout", 60), resource("idle_timeout", 60), []],
  [resource("idle_timeout", 60), resource("idle_timeout", 90), ["resource.aws_lb.it.idle_timeout"]],
  [resource("a", { b: 1 }), resource("a", { b: 2 }), ["resource.aws_lb.it.a"]],
  [resource("a", 1), resource("b", 1), ["resource.aws_lb.it.a-", "resource.aws_lb.it.b+"]],
  [{ resource: {} }, resource("a", 1), ["resource.aws_lb+"]],
])("the shape of %j beside %j names the arguments that differ", (before, after, shape) => {
  expect(shapeOf(before, after)).toEqual(shape);
});
