import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const checkout = fileURLToPath(new URL("..", import.meta.url));

const forbidden = [
  ["protocol/a.ts", "../agent/b.ts"],
  ["agent/a.ts", "../cli/b.ts"],
  ["agent/roll/a.ts", "../../local/b.ts"],
  ["functions/a/b.ts", "../../agent/b.ts"],
  ["cli/commands/a.ts", "../../modules/spec/cluster.ts"],
  ["board/a.ts", "../cli/b.ts"],
  ["modules/service/a.ts", "../../clusters/local.ts"],
  ["modules/service/b.ts", "@cdktf/provider-aws"],
  ["modules/service/d.ts", "@cdktf/provider-aws/lib/index.js"],
  ["modules/service/e.ts", "../../find-clusters.ts"],
  ["local/region/a.ts", "@cdktf/provider-aws"],
  ["ci/stacks/a.ts", "@cdktf/provider-consul"],
  ["agent/b.ts", "cdktf"],
  ["protocol/b.ts", "constructs"],
  ["cli/b.ts", "@cdktf/provider-aws/lib/launch-template"],
  ["clusters/a.ts", "../protocol/names.ts"],
] as const;

const allowed = [
  ["agent/roll/b.ts", "../../protocol/names.ts"],
  ["agent/roll/c.ts", "../effects.ts"],
  ["board/b.ts", "../protocol/names.ts"],
  ["modules/service/c.ts", "@cdktf/provider-aws/lib/launch-template/index.js"],
  ["local/region/b.ts", "@cdktf/provider-aws/lib/launch-template"],
  ["ci/stacks/b.ts", "../../agent/roll/steps.ts"],
  ["clusters/b.ts", "../modules/spec/cluster.ts"],
] as const;

let tree: string;
let said: string;
/** One tree with a file for each case, under the project's own rules. */
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "shoestring-arrows-"));
  cpSync(join(checkout, "biome.json"), join(tree, "biome.json"));
  for (const [path, specifier] of [...forbidden, ...allowed]) {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    writeFileSync(join(tree, path), `export { x } from "${specifier}";\n`);
  }
  const biome = join(checkout, "node_modules", ".bin", "biome");
  const args = ["lint", "--vcs-enabled=false", "--reporter=github", "."];
  said = spawnSync(biome, args, { cwd: tree, encoding: "utf8" }).stdout;
});
afterAll(() => rmSync(tree, { recursive: true }));

const isRefused = (path: string) =>
  said.split("\n").some((line) => line.includes("noRestrictedImports") && line.includes(path));

test.each(forbidden)("%s may not import %s", (path) => {
  expect(isRefused(path), said).toBe(true);
});

test.each(allowed)("%s may import %s", (path) => {
  expect(isRefused(path), said).toBe(false);
});
