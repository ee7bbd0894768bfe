import { baseCluster } from "./base-cluster.ts";
import type { Effect } from "./effect.ts";
import { type FieldChange, valueAt } from "./field-change.ts";
import type { Outcome } from "./planner.ts";

const begin = "<!-- field changes -->";
const end = "<!-- /field changes -->";

/** The page that has the table, from the root of the checkout. */
export const pageFile = "docs/changing-a-cluster.md";

/** A change of a section, and what its plan says. */
export interface Planned {
  readonly change: FieldChange;
  readonly outcome: Outcome;
}

/** A page with the tables of all sections between the two marks. */
export const withTables = (page: string, tables: string): string =>
  page.replace(new RegExp(`^${begin}$.*?^${end}$`, "ms"), () => [begin, tables, end].join("\n\n"));

/** What stands between the marks. */
export const tablesIn = (page: string): string =>
  new RegExp(`^${begin}$(.*?)^${end}$`, "ms").exec(page)?.[1]?.trim() ?? "";

/** The table of a section: fields that do the same share a row. @param at what their names begin with. */
export function tableOf(title: string, at: string, planned: readonly Planned[]): string {
  const rows = new Map<string, string[]>();
  for (const { change, outcome } of planned) {
    const does = `${effectWords[outcome.effect]} | ${outcome.deeds}`;
    rows.set(does, [...(rows.get(does) ?? []), fieldOf(change, at, planned)]);
  }
  const lines = [...rows].map(([does, fields]) =>
    `| ${fields.join(", ")} | ${does} |`.replaceAll("|  |", "| |"),
  );
  const place = at === "" ? "" : ` (\`${at.slice(0, -1)}\`)`;
  const head = ["| field | a running service | Terraform |", "| --- | --- | --- |"];
  return [`### ${title}${place}`, [...head, ...lines].join("\n")].join("\n\n");
}

const effectWords: Readonly<Record<Effect, string>> = {
  nothing: "nothing",
  "in place": "in place",
  "rolling update": "rolling update",
  "instance refresh": "instance refresh",
  replacement: "**replacement**, only with the label",
  refused: "refused at synth",
};

/** A field's name, with its change where it has several or where that is not plain. */
function fieldOf({ field, path, to, words }: FieldChange, at: string, all: readonly Planned[]) {
  const name = `\`${field.slice(at.length)}\``;
  if (words !== undefined) return `${name} (${words})`;
  if (all.filter(({ change }) => change.field === field).length === 1) return name;
  return `${name} (${shown(valueAt(baseCluster, path))} → ${shown(to)})`;
}

const shown = (value: unknown) =>
  value === undefined ? "left out" : `\`${JSON.stringify(value).replaceAll(",", ", ")}\``;
