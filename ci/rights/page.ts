import type { Forbidden } from "./access/cell.ts";
import { forbidden } from "./access/forbidden.ts";
import { type Call, calls } from "./calls.ts";
import { verbs } from "./table/resource-type.ts";
import { resourceTypes } from "./table/resource-types.ts";
import { type TokenCell, tokens } from "./trust.ts";

/** The tables of `docs/rights.md`, by the name of their mark. */
const tables: Readonly<Record<string, () => string>> = {
  calls: () => table(["who calls", "what", "on", "role"], callRows()),
  tokens: () => table(["role", "token of GitHub", "gets it", "why"], tokens.map(tokenRow)),
  forbidden: () => table(["role", "may not", "on", "why"], forbidden.map(forbiddenRow)),
  types: () => table(["type", ...verbs], typeRows()),
};

/**
 * The page with its tables between their marks, as the data has them now.
 *
 * @throws Error where the page lacks a mark.
 */
export function withTables(page: string): string {
  return Object.entries(tables).reduce((text, [name, make]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    if (!text.includes(begin) || !text.includes(end)) throw new Error(`no mark ${begin} … ${end}`);
    const before = text.slice(0, text.indexOf(begin) + begin.length);
    return `${before}\n\n${make()}\n\n${text.slice(text.indexOf(end))}`;
  }, page);
}

/** Calls of one program on the same things, in one row. */
function callRows(): string[][] {
  const groups = new Map<string, Call[]>();
  for (const call of calls) {
    const key = JSON.stringify([call.program, call.on, call.by, call.context]);
    groups.set(key, [...(groups.get(key) ?? []), call]);
  }
  return [...groups.values()].map((all) => {
    const [{ program, on, by, context = {} }] = all as [Call];
    const conditions = Object.entries(context).map(([key, value]) => `${key}: ${value}`);
    return [
      program.includes("/") ? code(program) : program,
      codes([...new Set(all.map(({ action }) => action))]),
      [codes(on), ...conditions.map(code)].join(" with "),
      by.length === 0 ? "none; a person's" : by.join(", "),
    ];
  });
}

const tokenRow = ({ kind, subject, may, why }: TokenCell) => [
  kind,
  code(subject),
  may ? "yes" : "no",
  why,
];

function forbiddenRow({ kind, actions, on, context = {}, why }: Forbidden): string[] {
  const conditions = Object.entries(context).map(([key, value]) => `${key}: ${value}`);
  return [kind, codes(actions), [code(on), ...conditions.map(code)].join(" with "), why];
}

const typeRows = () =>
  Object.entries(resourceTypes)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([type, row]) => [code(type), ...verbs.map((verb) => codes(row[verb].map(withoutStar)))]);

/** The star of an action that names no resource; in the column of lists every action does. */
const withoutStar = (action: string) => action.replace(/ \*$/, "");

const code = (text: string) => `\`${text}\``;
const codes = (texts: readonly string[]) => texts.map(code).join(", ");

const table = (head: readonly string[], rows: readonly string[][]) =>
  [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |").replaceAll("|  |", "| |"))
    .join("\n");
