import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

interface PackageRule {
  readonly groupName?: string;
  readonly matchPackageNames?: readonly string[];
  readonly matchFileNames?: readonly string[];
}

/** Finds a version that Renovate's own managers do not find: its place, and its package. */
interface CustomManager {
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
  readonly depNameTemplate: string;
}

const checkout = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(checkout, path), "utf8");
const { packageRules, customManagers, minimumReleaseAge } = JSON.parse(read("renovate.json")) as {
  readonly packageRules: readonly PackageRule[];
  readonly customManagers: readonly CustomManager[];
  readonly minimumReleaseAge: string;
};

/** The versions that the patterns find, each with its package. */
const found = customManagers.flatMap(({ managerFilePatterns, matchStrings, depNameTemplate }) =>
  managerFilePatterns.flatMap((path) =>
    matchStrings.flatMap((pattern) =>
      [...read(path).matchAll(new RegExp(pattern, "g"))].map((match) => ({
        name: depNameTemplate,
        version: match.groups?.currentValue,
      })),
    ),
  ),
);

const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<
  "dependencies" | "devDependencies",
  Readonly<Record<string, string>>
>;
const ofNpm = Object.keys({ ...dependencies, ...devDependencies });
/** The Go modules of the tools that are built here. */
const ofGo = ["actionlint", "consul", "consul-template"].flatMap((tool) =>
  [...read(`tools/${tool}/go.mod`).matchAll(/^\t(\S+) v(\S+)/gm)].map(
    ([, name = "", version = ""]) => ({ name, version }),
  ),
);

/** Rules name a package, or all of a scope by `@scope/**`. */
const fits = (name: string, pattern: string) =>
  pattern.endsWith("/**") ? name.startsWith(pattern.slice(0, -2)) : name === pattern;

test("every package and file that a rule names exists", () => {
  const known = [...ofNpm, ...ofGo.map(({ name }) => name), ...found.map(({ name }) => name)];
  const wanted = packageRules.flatMap(({ matchPackageNames = [] }) => matchPackageNames);
  expect(wanted.filter((pattern) => !known.some((name) => fits(name, pattern)))).toEqual([]);
  const files = packageRules.flatMap(({ matchFileNames = [] }) => matchFileNames);
  expect(files.filter((path) => !existsSync(join(checkout, path)))).toEqual([]);
});

test("every pattern finds exactly one version", () => {
  expect(found.map(({ name }) => name)).toEqual(
    customManagers.map(({ depNameTemplate }) => depNameTemplate),
  );
});

test("a package that two files name has one version, and one group updates both", () => {
  const twice = found.flatMap(({ name, version }) => {
    const go = ofGo.find((it) => it.name === `github.com/${name}`);
    return go ? [{ name, here: version, there: go.version }] : [];
  });
  expect(twice.map(({ name }) => name)).toEqual([
    "hashicorp/consul",
    "rhysd/actionlint",
    "hashicorp/consul-template",
  ]);
  for (const { name, here, there } of twice) {
    expect([name, here]).toEqual([name, there]);
    const group = packageRules.find(({ matchPackageNames = [] }) =>
      matchPackageNames.includes(name),
    );
    expect(group?.matchPackageNames).toContain(`github.com/${name}`);
  }
});

test("no package is updated in the first days after its release", () => {
  expect(minimumReleaseAge).toMatch(/^([3-9]|\d{2}) days$/);
});
