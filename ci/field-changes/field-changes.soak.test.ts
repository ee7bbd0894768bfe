import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { planSection } from "./plan-section.ts";
import { type Planner, startPlanner } from "./planner.ts";
import { sections } from "./sections.ts";
import { pageFile, tablesIn } from "./table.ts";

let planner: Planner;
beforeAll(async () => {
  planner = await startPlanner();
});
afterAll(() => planner.end());

const page = readFileSync(join(import.meta.dirname, "../..", pageFile), "utf8");

test.each(sections)(
  "$title: the page says what plans do with each field, else make field-changes",
  async (section) => {
    const ofPage = tablesIn(page)
      .split(/^(?=### )/m)
      .map((it) => it.trim());
    expect(ofPage[sections.indexOf(section)]).toBe(await planSection(planner, section));
  },
  40 * 60_000, // five minutes of a processor, which others may want, too
);
