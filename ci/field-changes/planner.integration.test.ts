import { afterAll, beforeAll, expect, test } from "vitest";
import { changesOfSection } from "./field-change.ts";
import { type Planner, startPlanner } from "./planner.ts";
import { sections } from "./sections.ts";

let planner: Planner;
beforeAll(async () => {
  planner = await startPlanner();
});
afterAll(() => planner.end());

/** One change of each kind; `field-changes.soak.test.ts` has all. */
test.each([
  ["trace.fromBuilds", "nothing", ""],
  ["name", "refused", 'clusters/qa.ts: name is "qb"; good: "qa", as the file is called'],
  ["services.<name>.config", "in place", "creates `consul_keys`"],
  ["services.<name>.drainTimeoutSeconds", "instance refresh", "updates `aws_lb_target_group`"],
  ["services.<name>.protocol", "replacement", "destroys `aws_lb_target_group`"],
])("a change of %s: %s", async (field, effect, deeds) => {
  const change = sections.flatMap(changesOfSection).find((it) => it.field === field);
  if (change === undefined) throw new Error(`no change of ${field}`);
  expect(await planner.plan(change)).toEqual({ effect, deeds });
});
