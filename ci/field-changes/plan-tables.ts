import { changesOfSection } from "./field-change.ts";
import type { Planner } from "./planner.ts";
import { sections } from "./sections.ts";
import { type Planned, tableOf } from "./table.ts";

/** Plans a change of every field, one after the other. */
export async function planTables(planner: Planner): Promise<string> {
  const tables: string[] = [];
  for (const section of sections) {
    const planned: Planned[] = [];
    for (const change of changesOfSection(section)) {
      planned.push({ change, outcome: await planner.plan(change) });
    }
    tables.push(tableOf(section.title, section.at, planned));
  }
  return tables.join("\n\n");
}
