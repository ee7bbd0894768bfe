/** `make field-changes`: writes the tables of docs/changing-a-cluster.md from plans, in some minutes. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { planTables } from "./plan-tables.ts";
import { startPlanner } from "./planner.ts";
import { pageFile, withTables } from "./table.ts";

const page = join(import.meta.dirname, "../..", pageFile);
const planner = await startPlanner();
try {
  const tables = await planTables(planner);
  writeFileSync(page, withTables(readFileSync(page, "utf8"), tables));
  console.log(`wrote ${pageFile}; review the difference: git diff ${pageFile}`);
} finally {
  planner.end();
}
