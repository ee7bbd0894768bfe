import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { checkout } from "../../local/host/region.ts";

const tracked = execFileSync("git", ["ls-files", "*.ts", "*.mjs"], {
  cwd: checkout,
  encoding: "utf8",
}).split("\n");
const sources = tracked.filter((file) => file !== "" && !/\.test\.ts$/.test(file));

const parse = (file: string, text = readFileSync(join(checkout, file), "utf8")) =>
  ts.createSourceFile(file, text, ts.ScriptTarget.Latest);

const kebab = (name: string) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();

/** Exported classes whose file has another name. An error stands beside what throws it. */
function misnamed(source: ts.SourceFile): string[] {
  const isError = (it: ts.ClassDeclaration) =>
    it.heritageClauses?.some(({ types }) => types.some((t) => isErrorName(nameOf(t.expression))));
  return source.statements
    .filter(ts.isClassDeclaration)
    .filter((it) => it.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    .filter((it) => !isError(it))
    .map((it) => it.name?.text ?? "default")
    .filter((name) => kebab(name) !== basename(source.fileName).replace(/\.\w+$/, ""))
    .map((name) => `${source.fileName}: ${name}`);
}

const nameOf = (expression: ts.Expression) => (ts.isIdentifier(expression) ? expression.text : "");
const isErrorName = (name: string) => /(Error|Problem)$/.test(name);

test("an exported class's file has its name", () => {
  expect(sources.flatMap((file) => misnamed(parse(file)))).toEqual([]);
});

test("a class in a file of another name is found, unless it is an error", () => {
  const text = "export class SlotGate {} export class Away extends Error {}";
  expect(misnamed(parse("agent/gate.ts", text))).toEqual(["agent/gate.ts: SlotGate"]);
  expect(misnamed(parse("agent/slot-gate.ts", text))).toEqual([]);
});

test("an index.ts only exports", () => {
  const others = sources
    .filter((file) => basename(file) === "index.ts")
    .filter((file) => !parse(file).statements.every(ts.isExportDeclaration));
  expect(others).toEqual([]);
});

test("the root holds no programs", () => {
  const programs = sources.filter((file) => !file.includes("/"));
  expect(programs).toEqual([".dependency-cruiser.mjs", "vitest.config.ts"]);
});
