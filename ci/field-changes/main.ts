/** `make field-changes`: writes the tables of docs/changing-a-cluster.md from plans, in some minutes. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { planSection } from "./plan-section.ts";
import { startPlanner } from "./planner.ts";
import { sections } from "./sections.ts";
import { pageFile, withTables } from "./table.ts";

const page = join(import.meta.dirname, "../..", pageFile);
const planner = await startPlanner();
try {
  const tables: string[] = [];
  for (const section of sections) tables.push(await planSection(planner, section));
  writeFileSync(page, withTables(readFileSync(page, "utf8"), tables.join("\n\n")));
  console.log(`wrote ${pageFile}; review the difference: git diff ${pageFile}`);
} finally {
  planner.end();
}
