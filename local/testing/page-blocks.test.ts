import { expect, test } from "vitest";
import { broken, pageSteps, pageText } from "./page-blocks.ts";

test("a page is read as a list of commands with their promised output, and of files", () => {
  const steps = pageSteps("docs/new-cluster.md");
  expect(steps[0]).toEqual({
    kind: "run",
    commands: 'eval "$(npx shoestring local terraform)"\n',
    fails: false,
    promised: ["simulated: terraform and cdktf of this shell see no AWS account, and change none"],
  });
  expect(steps.filter((it) => it.kind === "run" && it.fails)).toHaveLength(1);
});

test("a section ends where the next one begins, and a missing section is refused", () => {
  const text = pageText("README.md", "Plan, apply, destroy");
  expect(text).toContain("npx cdktf destroy local");
  expect(text).not.toMatch(/^## |npx shoestring status/m);
  expect(() => pageText("README.md", "Plan")).toThrow('README.md has no section "Plan"');
});

test("a promised line that the output lacks is reported", () => {
  const output = "x\n  Plan: 7 to add, 1 to change, 0 to destroy.\n";
  expect(broken(["Plan: … to add, 1 to change", "x"], output)).toEqual([]);
  expect(broken(["Plan: … to add, 0 to change", "x y"], output)).toEqual([
    "Plan: … to add, 0 to change",
    "x y",
  ]);
});
