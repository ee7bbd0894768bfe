import { expect, test } from "vitest";
import { agentFlags } from "./agent-flags.ts";

test("the flags are read from the agent's unit", () => {
  const unit =
    "[Service]\nExecStart=/usr/local/bin/node --one=1 --two /opt/shoestring/agent.js run\n";
  expect(agentFlags(unit)).toEqual(["--one=1", "--two"]);
});

test("a unit without flags gives an empty list", () => {
  expect(agentFlags("ExecStart=/usr/local/bin/node /opt/shoestring/agent.js run\n")).toEqual([]);
});

test("the shipped unit starts node with agent.js", () => {
  expect(() => agentFlags()).not.toThrow();
});

test("a unit without node is refused", () => {
  expect(() => agentFlags("ExecStart=/bin/true\n")).toThrow("does not start node");
});
