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
  readonly unique?: { readonly by: string[]; readonly unless?: string };
}

function overlay(name: string): Record<string, Facts> {
  const text = readFileSync(new URL(`${name}.json`, import.meta.url), "utf8");
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
    ...[facts.conflicts, facts.exactlyOne, facts.atLeastOne].flatMap((each) => each?.flat() ?? []),
  ];
}

describe.each(["aws", "consul"])("the overlay of %s", (provider) => {
  const { folder } = installedBindings(`@cdktf/provider-${provider}`);
  test.each(Object.entries(overlay(provider)))(
    "%s: every name in its facts exists in the type",
    (type, facts) => {
      const module = type.slice(provider.length + 1).replaceAll("_", "-");
      const { block, type: generated } = generateModule(folder, module);
      expect(generated).toBe(type);
      expect(names(facts).filter((name) => !has(block, name.split(".")))).toEqual([]);
    },
  );
});

test("every type of every stack has an entry: without one, no change replaces anything", () => {
  const known = { ...overlay("aws"), ...overlay("consul") };
  const addresses = readFileSync(
    new URL("../../../ci/stacks/addresses.txt", import.meta.url),
    "utf8",
  );
  const used = new Set([...addresses.matchAll(/^\S+ ((?:aws|consul)_\w+)\./gm)].map((it) => it[1]));
  expect(used.size).toBeGreaterThan(50);
  expect([...used].filter((type) => !known[type as string])).toEqual([]);
});
