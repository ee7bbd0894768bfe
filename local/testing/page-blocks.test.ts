import { expect, test } from "vitest";
import { broken, pageSteps } from "./page-blocks.ts";

test("a page is a list of commands with what they promise, and of files", () => {
  const steps = pageSteps("docs/new-cluster.md");
  expect(steps[0]).toEqual({
    kind: "run",
    commands: 'eval "$(npx shoestring local terraform)"\n',
    fails: false,
    promised: ["simulated: terraform and cdktf of this shell see no AWS account, and change none"],
  });
  expect(steps.filter((it) => it.kind === "run" && it.fails)).toHaveLength(1);
});

test("a promise that the output does not keep is told", () => {
  const output = "x\n  Plan: 7 to add, 1 to change, 0 to destroy.\n";
  expect(broken(["Plan: … to add, 1 to change", "x"], output)).toEqual([]);
  expect(broken(["Plan: … to add, 0 to change", "x y"], output)).toEqual([
    "Plan: … to add, 0 to change",
    "x y",
  ]);
});
