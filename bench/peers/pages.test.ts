import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkout } from "../../local/host/region.ts";
import { planRows } from "../scale/plan.ts";
import type { ScaleResult } from "../scale/scale.ts";
import { currentText, fill, places } from "./pages.ts";
import { filesTable, goalsTable, rolloutsTable } from "./tables.ts";

const page = (name: string) => readFileSync(join(checkout, name), "utf8");

test("a place is filled between its marks any number of times, and nothing else changes", () => {
  const before = "a\n<!-- bench-peers: x -->\nold\n<!-- end of x -->\nb\n";
  const once = fill(before, "x", "$1 new");
  expect(once).toBe("a\n<!-- bench-peers: x -->\n$1 new\n<!-- end of x -->\nb\n");
  expect(fill(once, "x", "$1 new")).toBe(once);
});

test("a page without the place is refused", () => {
  expect(() => fill("a page", "x", "new")).toThrow("the page has no place");
});

test.each(places)("$page has the place $name", ({ page: name, name: place }) => {
  expect(currentText(page(name), place)).toContain("|");
});

test("a run that lacks a part leaves the places that need it", () => {
  expect(places.map(({ text }) => text({}))).toEqual(places.map(() => undefined));
});

const heading = (table: string) => table.split("\n")[0];

test.each([
  ["rollouts", rolloutsTable({ floorSeconds: 1, ways: [] })],
  ["files", filesTable([])],
  ["goals", goalsTable([])],
])("the table of %s in bench/README.md has the columns of a run", (name, table) => {
  expect(currentText(page("bench/README.md"), name)).toContain(heading(table));
});

test("the plan's page has the rows of a run, under the same letters", () => {
  const idle = { seconds: 58, requestsPerSecond: 0, serverCpuPercent: 0 };
  const scale = { agents: 1, writesPerSecond: 1, idle } as ScaleResult;
  const requests = { writes: 0, refused: 0, sessions: 0, renewals: 0, reads: 0, reports: 0 };
  const rows = planRows({ scale, rollout: { instances: 1, requests }, rollSeconds: 1 });
  const plan = currentText(page("docs/ten-thousand-instances.md"), "plan");
  for (const [letter, figure] of rows) expect(plan).toContain(`| ${letter} | ${figure} |`);
});
