import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkout } from "../../local/host/region.ts";
import { plantedTree } from "../testing/planted-tree.ts";

const planted: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({
    name: "planted",
    type: "module",
    dependencies: { yaml: "1.0.0", zod: "1.0.0" },
  }),
  "ci/a/main.ts": 'import { parse } from "yaml";\nimport { used } from "./a.ts";\nparse(used());\n',
  "ci/a/a.ts":
    'export interface Named {}\nexport const used = (_?: Named) => "";\nexport const left = 1;\n',
  "ci/a/orphan.ts": "export const orphan = 1;\n",
};

interface Issue {
  readonly file: string;
  readonly files: readonly { readonly name: string }[];
  readonly exports: readonly { readonly name: string }[];
  readonly types: readonly { readonly name: string }[];
  readonly dependencies: readonly { readonly name: string }[];
}

let tree: string;
let issues: readonly Issue[];
/** Makes one small tree with a fault of each kind, under the project's own configuration. */
beforeAll(() => {
  tree = plantedTree(["knip.jsonc"], planted);
  const knip = join(checkout, "node_modules", ".bin", "knip");
  const ran = spawnSync(knip, ["--reporter=json"], { cwd: tree, encoding: "utf8" });
  expect(ran.status, ran.stderr).toBe(1);
  issues = JSON.parse(ran.stdout).issues;
});
afterAll(() => rmSync(tree, { recursive: true }));

/** The reports of a kind, as `file name`. */
const reported = (kind: "files" | "exports" | "types" | "dependencies") =>
  issues.flatMap((issue) => issue[kind].map(({ name }) => `${issue.file} ${name}`));

test("a file that nothing reaches is reported", () => {
  expect(reported("files")).toEqual(["ci/a/orphan.ts ci/a/orphan.ts"]);
});

test("an export that no other file uses is reported, and the type of a used one is not", () => {
  expect(reported("exports")).toEqual(["ci/a/a.ts left"]);
  expect(reported("types")).toEqual([]);
});

test("a package that nothing imports is reported", () => {
  expect(reported("dependencies")).toEqual(["package.json zod"]);
});
