import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { whyNoConfig } from "./config-variable.ts";
import { badVariables, goodVariables } from "./testing/config-variables.ts";

test.each(goodVariables)("%s=%s may be part of a config", (name, value) => {
  expect(whyNoConfig(name, value)).toBeUndefined();
});

test.each(badVariables)(
  "%j=%j may not, and the reason does not show its value",
  (name, value, why) => {
    expect(whyNoConfig(name, value)).toContain(why);
    expect(whyNoConfig(name, value)).not.toContain("hunter2");
  },
);

test("the shell passes on each good name, as it came", () => {
  const variables = Object.fromEntries(goodVariables);
  const out = execFileSync("/bin/sh", ["-c", "exec env -0"], { env: variables, encoding: "utf8" });
  const passed = Object.fromEntries(
    out.split("\0").map((line) => [line.split("=", 1)[0], line.slice(line.indexOf("=") + 1)]),
  );
  expect(passed).toMatchObject(variables);
});
