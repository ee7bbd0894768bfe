import { changesOfSection, type Section } from "./field-change.ts";
import type { Planner } from "./planner.ts";
import { type Planned, tableOf } from "./table.ts";

/** The table of a section, each change of which is planned after the one before. */
export async function planSection(planner: Planner, section: Section): Promise<string> {
  const planned: Planned[] = [];
  for (const change of changesOfSection(section)) {
    planned.push({ change, outcome: await planner.plan(change) });
  }
  return tableOf(section.title, section.at, planned);
}
