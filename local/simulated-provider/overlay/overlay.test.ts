import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { installedBindings } from "../schema/bindings.ts";
import { generateModule } from "../schema/generate.ts";
import type { Block } from "../schema/schema.ts";

interface Facts {
  readonly forceNew?: string[];
  readonly sensitive?: string[];
  readonly defaults?: Record<string, unknown>;
  readonly computed?: Record<string, unknown>;
  readonly generated?: Record<string, unknown>;
  readonly limits?: Record<string, { readonly oneOf?: string[] }>;
  readonly recompute?: Record<string, { readonly ignoring?: string[]; readonly when?: string }>;
  readonly conflicts?: string[][];
  readonly exactlyOne?: string[][];
  readonly atLeastOne?: string[][];
  readonly requiredWith?: string[][];
  readonly source?: string;
  readonly readOn?: string;
  readonly unique?: { readonly by: string[]; readonly unless?: string };
}

function known(kind: "facts" | "overlay", name: string): Record<string, Facts> {
  const text = readFileSync(new URL(`../${kind}/${name}.json`, import.meta.url), "utf8");
  return (JSON.parse(text) as { resources: Record<string, Facts> }).resources;
}

function has(block: Block | undefined, path: readonly string[]): boolean {
  const [name, ...rest] = path as [string, ...string[]];
  const nested = block?.block_types?.[name];
  if (rest.length > 0) return has(nested?.block, rest);
  return nested !== undefined || block?.attributes?.[name] !== undefined;
}

/** Every name in the facts about a type. */
function names(facts: Facts): string[] {
  const { recompute = {}, unique } = facts;
  return [
    ...(unique?.by ?? []),
    ...(unique?.unless ? [unique.unless] : []),
    ...(facts.forceNew ?? []),
    ...(facts.sensitive ?? []),
    ...[facts.defaults, facts.computed, facts.generated, facts.limits, recompute].flatMap((each) =>
      Object.keys(each ?? {}),
    ),
    ...Object.values(recompute).flatMap(({ ignoring = [], when }) => [
      ...ignoring,
      ...(when ? [when] : []),
    ]),
    ...[facts.conflicts, facts.exactlyOne, facts.atLeastOne, facts.requiredWith].flatMap(
      (each) => each?.flat() ?? [],
    ),
  ];
}

describe.each([
  ["overlay", "aws"],
  ["overlay", "consul"],
  ["facts", "aws"],
] as const)("the %s of %s", (kind, provider) => {
  const { folder } = installedBindings(`@cdktf/provider-${provider}`);
  test.each(Object.entries(known(kind, provider)))(
    "%s: its names exist in the type",
    (type, facts) => {
      const module = type.slice(provider.length + 1).replaceAll("_", "-");
      const { block, type: generated } = generateModule(folder, module);
      expect(generated).toBe(type);
      expect(names(facts).filter((name) => !has(block, name.split(".")))).toEqual([]);
    },
  );
});

const [facts, overlay] = [known("facts", "aws"), known("overlay", "aws")];

/** The types of every stack. */
function typesInUse(provider: string): readonly string[] {
  const addresses = new URL("../../../ci/stacks/addresses.txt", import.meta.url);
  const lines = readFileSync(addresses, "utf8").matchAll(/^\S+ ([a-z]+_\w+)\./gm);
  const types = [...lines].map((line) => line[1] as string);
  return [...new Set(types)].filter((type) => type.startsWith(`${provider}_`));
}

test("every type of every stack has facts: without them, no change replaces anything", () => {
  expect(typesInUse("aws").length).toBeGreaterThan(50);
  expect(typesInUse("aws").filter((type) => !facts[type])).toEqual([]);
  expect(typesInUse("consul").filter((type) => !known("overlay", "consul")[type])).toEqual([]);
});

test("the facts of every type name the provider's file that they are from, and the day", () => {
  const unnamed = Object.entries(facts).filter(
    ([, { source = "", readOn = "" }]) =>
      !/^internal\/[^\s@]+\.go(@[0-9a-f]{40})?$/.test(source) || !/^\d{4}-\d\d-\d\d$/.test(readOn),
  );
  expect(unnamed).toEqual([]);
});

test("the overlay repeats no fact", () => {
  const repeated = Object.entries(overlay).flatMap(([type, mine]) => {
    const theirs = facts[type];
    return [
      ...(mine.forceNew ?? []).filter((name) => theirs?.forceNew?.includes(name)),
      ...Object.keys(mine.defaults ?? {}).filter((name) => name in (theirs?.defaults ?? {})),
      ...Object.entries(mine.limits ?? {})
        .filter(([path, limit]) => limit.oneOf && theirs?.limits?.[path]?.oneOf)
        .map(([path]) => path),
    ].map((name) => `${type}.${name}`);
  });
  expect(repeated).toEqual([]);
});
