import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { planTables } from "./plan-tables.ts";
import { type Planner, startPlanner } from "./planner.ts";
import { pageFile, tablesIn } from "./table.ts";

let planner: Planner;
beforeAll(async () => {
  planner = await startPlanner();
});
afterAll(() => planner.end());

test(
  "the page says what plans do with each field of a cluster's file: else make field-changes",
  async () => {
    const page = readFileSync(join(import.meta.dirname, "../..", pageFile), "utf8");
    expect(tablesIn(page)).toBe(await planTables(planner));
  },
  15 * 60_000,
);
