import { execFile } from "node:child_process";
import { readdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { floors } from "../.dependency-cruiser.mjs";
import { checkout } from "../local/host/region.ts";
import { plantedTree } from "./testing/planted-tree.ts";

const refused = [
  ["protocol/a.ts", "../agent/b.ts"],
  ["lib/a.ts", "../protocol/b.ts"],
  ["agent/a.ts", "../cli/b.ts"],
  ["agent/roll/a.ts", "../../local/b.ts"],
  ["agent/core/a.ts", "../roll/b.ts"],
  ["agent/linux/a.ts", "../release/b.ts"],
  ["agent/slack/a.ts", "../deploy/b.ts"],
  ["agent/core/b.ts", "../main.ts"],
  ["agent/core/c.ts", "../testing/a.ts"],
  ["agent/linux/b.ts", "../../lib/testing/b.ts"],
  ["modules/shared/a.ts", "../b.ts"],
  ["functions/a/b.ts", "../../agent/b.ts"],
  ["cli/commands/a.ts", "../../modules/spec/cluster.ts"],
  ["cli/core/a.ts", "../commands/b.ts"],
  ["board/a.ts", "../cli/b.ts"],
  ["modules/service/a.ts", "../../clusters/local.ts"],
  ["modules/spec/a.ts", "../cluster/b.ts"],
  ["modules/service/c.ts", "../account/b.ts"],
  ["modules/service/e.ts", "../../synth/b.ts"],
  ["local/host/a.ts", "../region/b.ts"],
  ["local/region/a.ts", "../../bench/b.ts"],
  ["ci/review/plan/a.ts", "../comment/b.ts"],
  ["modules/service/b.ts", "@cdktf/provider-aws"],
  ["modules/service/d.ts", "@cdktf/provider-aws/lib/index.js"],
  ["local/region/c.ts", "@cdktf/provider-aws"],
  ["ci/stacks/a.ts", "@cdktf/provider-consul"],
  ["agent/b.ts", "cdktf"],
  ["protocol/c.ts", "constructs"],
  ["cli/b.ts", "@cdktf/provider-aws/lib/launch-template"],
  ["clusters/a.ts", "../protocol/names.ts"],
  ["trace/a.ts", "./not-there.ts"],
] as const;

const accepted = [
  ["agent/roll/b.ts", "../../protocol/names.ts"],
  ["agent/roll/c.ts", "../core/effects.ts"],
  ["agent/roll/d.test.ts", "../deploy/b.ts"],
  ["agent/testing/a.ts", "../deploy/b.ts"],
  ["board/b.ts", "../protocol/names.ts"],
  ["modules/service/f.ts", "@cdktf/provider-aws/lib/launch-template/index.js"],
  ["local/region/d.ts", "@cdktf/provider-aws/lib/launch-template"],
  ["ci/stacks/b.ts", "../../agent/roll/b.ts"],
  ["clusters/b.ts", "../modules/spec/cluster.ts"],
] as const;

let tree: string;
let broken: ReadonlySet<string>;
/** One tree with a file for each case, under the project's own rules. */
beforeAll(async () => {
  const planted: Record<string, string> = {
    "lib/one.ts": 'import { two } from "./two.ts";\nexport const one = two;\n',
    "lib/two.ts": 'import { one } from "./one.ts";\nexport const two = () => one;\n',
  };
  for (const [path, specifier] of [...refused, ...accepted]) {
    planted[path] = `import { x } from "${specifier}";\nexport const y = x;\n`;
    const target = join(dirname(path), specifier);
    if (specifier.startsWith("../")) planted[target] ??= "export const x = 1;\n";
  }
  tree = plantedTree([".dependency-cruiser.mjs", "tsconfig.json", "package.json"], planted);
  symlinkSync(join(checkout, "node_modules"), join(tree, "node_modules"));
  broken = await brokenFiles();
});
afterAll(() => rmSync(tree, { recursive: true }));

/** The files with a refused import. */
function brokenFiles(): Promise<Set<string>> {
  const program = join(checkout, "node_modules", ".bin", "depcruise");
  const folders = readdirSync(tree).filter(
    (name) => !name.includes(".") && name !== "node_modules",
  );
  const args = ["--config", ".dependency-cruiser.mjs", "--output-type", "json", ...folders];
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: tree, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (stdout === "") return reject(error ?? new Error(stderr));
      const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string }[] } };
      resolve(new Set(summary.violations.map(({ from }) => from)));
    });
  });
}

test.each(refused)("%s may not import %s", (path) => {
  expect([...broken]).toContain(path);
});

test.each(accepted)("%s may import %s", (path) => {
  expect([...broken]).not.toContain(path);
});

test("two files may not import each other", () => {
  expect([...broken].filter((path) => path === "lib/one.ts" || path === "lib/two.ts")).not.toEqual(
    [],
  );
});

test.each(Object.entries(floors))("every folder in %s has a floor", (folder, building) => {
  const named = building.flatMap((names) => names.split(" "));
  const ignored = [
    "testing",
    "ansible",
    "packer",
    "docs",
    "dist",
    "out",
    "node_modules",
    "cdktf.out",
  ];
  const found = readdirSync(join(checkout, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .filter((name) => !ignored.includes(name));
  expect(named).toEqual(expect.arrayContaining(found));
});
