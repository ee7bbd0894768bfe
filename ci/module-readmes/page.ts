import type { Documented, Gift, Prop } from "./constructs.ts";

const begin = "<!-- props -->";
const end = "<!-- /props -->";

/** Whether a page asks for the tables. */
export const wantsTables = (page: string) => page.split("\n").includes(begin);

/** A page with the tables of its module's constructs between the two marks. */
export function withTables(page: string, constructs: readonly Documented[]): string {
  if (!wantsTables(page)) return page;
  const written = new RegExp(`^${begin}$(?:.*?^${end}$)?`, "ms");
  return page.replace(written, () => [begin, ...constructs.flatMap(tables), end].join("\n\n"));
}

function tables({ name, props, gives }: Documented): string[] {
  const ofProps = [...props].flatMap(([of, rows]) => [
    ...(props.size > 1 || of !== name ? [`For \`${of === name ? `new ${name}` : of}\`:`] : []),
    table(["prop", "type", "default", "meaning"], rows.map(propCells)),
  ]);
  if (gives.length === 0) return ofProps;
  return [
    ...ofProps,
    `\`${name}\` gives:`,
    table(["field or method", "type", "meaning"], gives.map(giftCells)),
  ];
}

const propCells = (prop: Prop) => [
  code(prop.name),
  code(prop.type),
  prop.default === undefined ? "needed" : defaultCell(prop.default),
  prop.meaning,
];

const giftCells = ({ name, type, meaning }: Gift) => [
  code(name),
  type === "" ? "" : code(type),
  meaning,
];

/** Formats a value as code, and leaves words as they are. */
const defaultCell = (text: string) =>
  /^("[^"]*"|-?\d[\d_.]*|true|false)$/.test(text) ? code(text) : text;

const code = (text: string) => `\`${text}\``;

const table = (head: readonly string[], rows: readonly string[][]) =>
  [head, head.map(() => "---"), ...rows].map(line).join("\n");

const line = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`.replaceAll("|  |", "| |");

/** The required parts that the README of a module with AWS resources lacks. */
export function missingParts(page: string): string[] {
  const [, afterTitle = ""] = page.split(/^# .+\n+/m);
  const parts: Readonly<Record<string, boolean>> = {
    "a first sentence below the title": /^[A-Z][^#`|]*?[.:](\s|$)/.test(afterTitle),
    "an example in ts": /^```ts$/m.test(page),
    "## Creates": /^## Creates$/m.test(page),
    "## IAM it needs": /^## IAM it needs$/m.test(page),
    "## Cost drivers": /^## Cost drivers$/m.test(page),
  };
  return Object.keys(parts).filter((part) => !parts[part]);
}
