import { App, Testing } from "cdktf";
import { expect, test } from "vitest";
import { staging } from "../../clusters/staging.ts";
import { ClusterStack } from "./cluster-stack.ts";

test("agents and announce get the collector, without the settings that only builds need", () => {
  const trace = { endpoint: "https://collector.internal:4318", fromBuilds: false };
  const stack = Testing.synth(new ClusterStack(new App(), { ...staging, trace }), true);
  expect(stack).toContain(trace.endpoint);
  expect(stack).not.toContain("fromBuilds");
});
