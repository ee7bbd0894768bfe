import { expect, test } from "vitest";
import { broken, pageSteps, pageText } from "./page-blocks.ts";

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

test("a section ends where the next one begins, and has to be there", () => {
  const text = pageText("README.md", "Plan, apply, destroy");
  expect(text).toContain("npx cdktf destroy local");
  expect(text).not.toMatch(/^## |npx shoestring status/m);
  expect(() => pageText("README.md", "Plan")).toThrow('README.md has no section "Plan"');
});

test("a promise that the output does not keep is told", () => {
  const output = "x\n  Plan: 7 to add, 1 to change, 0 to destroy.\n";
  expect(broken(["Plan: … to add, 1 to change", "x"], output)).toEqual([]);
  expect(broken(["Plan: … to add, 0 to change", "x y"], output)).toEqual([
    "Plan: … to add, 0 to change",
    "x y",
  ]);
});
