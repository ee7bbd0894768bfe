import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { validateClusters } from "../modules/cluster/validate.ts";
import { findClusters } from "../synth/find-clusters.ts";

const folder = import.meta.dirname;
const examples = readdirSync(folder, { withFileTypes: true })
  .filter((it) => it.isDirectory() && it.name !== "testing")
  .map(({ name }) => name);
const text = (...path: string[]) => readFileSync(join(folder, ...path), "utf8");

test.each(examples)("%s has a cluster's file that a synth accepts", async (name) => {
  const clusters = await findClusters(join(folder, name));
  expect(clusters.map(({ file }) => file)).toEqual(["local"]);
  validateClusters(clusters);
});

test.each(examples)("%s is built from locked packages, and has a page", (name) => {
  const build = text(name, "build");
  expect(build).toMatch(/requirements\.lock|-mod=readonly|packages\.lock/);
  expect(text("README.md")).toContain(`](${name}/README.md)`);
  expect(text(name, "README.md")).toContain(`npx shoestring local up examples/${name}`);
});
