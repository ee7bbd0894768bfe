import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkout } from "../../local/host/region.ts";
import { plantedTree } from "../testing/planted-tree.ts";

/** A function whose body has this many lines. */
const aFunction = (lines: number) =>
  `export function f() {\n${"  console.log();\n".repeat(lines)}}\n`;

const planted: Readonly<Record<string, string>> = {
  "short.ts": aFunction(80),
  "long.ts": aFunction(81),
  "long.test.ts": aFunction(81),
};

let tree: string;
let reported: readonly string[];
/** Lints one small tree under the project's own configuration. */
beforeAll(() => {
  tree = plantedTree(["biome.json", ".gitignore"], planted);
  const biome = join(checkout, "node_modules", ".bin", "biome");
  const ran = spawnSync(biome, ["lint", "--reporter=github", "."], { cwd: tree, encoding: "utf8" });
  expect(ran.status, ran.stderr).toBe(1);
  reported = ran.stdout.split("\n").filter((line) => line.startsWith("::error"));
});
afterAll(() => rmSync(tree, { recursive: true }));

const reportOf = (name: string) => reported.find((line) => line.includes(`/${name},`));

test("a function of 81 lines is refused", () => {
  expect(reportOf("long.ts")).toContain("noExcessiveLinesPerFunction");
});

test("a function of 80 lines is accepted", () => {
  expect(reportOf("short.ts")).toBeUndefined();
});

test("a test's body may be longer", () => {
  expect(reportOf("long.test.ts")).toBeUndefined();
});
