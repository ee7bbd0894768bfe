import { relative } from "node:path";
import { expect, test } from "vitest";
import { constructs, type Documented } from "./constructs.ts";
import { missingParts, wantsTables, withTables } from "./page.ts";
import { checkout, type Module, modules } from "./repository.ts";
import { ownTypes } from "./types.ts";

const all = modules();
const program = ownTypes(all.filter(({ hasIndex }) => hasIndex).map(({ index }) => index));
const documented: (readonly [Module, readonly Documented[]])[] = all.map((module) => [
  module,
  constructs(program, module.index),
]);

test("every module's table of props agrees with its types", () => {
  const outOfDate = documented
    .filter(([{ page }, found]) => withTables(page, found) !== page)
    .map(([{ readme }]) => relative(checkout, readme));
  expect(outOfDate, "out of date; run: make readmes").toEqual([]);
});

test("every README of a module with constructs has a place for their tables", () => {
  const without = documented
    .filter(([{ page }, found]) => found.length > 0 && !wantsTables(page))
    .map(([{ readme }]) => relative(checkout, readme));
  expect(without, "put a line <!-- props --> there; run: make readmes").toEqual([]);
});

test("every prop of a construct has a doc comment, and every optional one has a default", () => {
  const faults = documented.flatMap(([, found]) => found.flatMap((it) => it.faults));
  expect(faults, "write the comment; run: make readmes").toEqual([]);
});

test.each(all.filter(({ hasResources }) => hasResources))(
  "the README of $name shows an example, its resources, its permissions and its costs",
  ({ page, readme }) => {
    expect(missingParts(page), `missing in ${relative(checkout, readme)}`).toEqual([]);
  },
);

test("a module is exempt from these sections when none of its files makes an AWS resource", () => {
  const exempt = all.filter(({ hasResources }) => !hasResources).map(({ name }) => name);
  expect(exempt).toEqual(expect.arrayContaining(["consul-config", "testing"]));
  expect(exempt).not.toContain("artifacts"); // whose resources are in files beside its index.ts
});

test("tables list nested fields, defaults, methods' props, and a construct's attributes", () => {
  const [found] = fixture(`
    import { Construct } from "constructs";
    type Size = "small" | "large";
    interface Parts {
      /** Its name. */
      readonly name: string;
    }
    interface Passed {
      use(): void;
    }
    interface BoxProps {
      /** How big | wide. @default "small" */
      readonly size?: Size;
      /** What is in it. */
      readonly parts: readonly Parts[];
      /** Parts by a name. @default none */
      readonly byName?: Readonly<Record<string, Parts>>;
      /** Somebody's. */
      readonly passed: Passed;
    }
    interface LidProps {
      /** Its colour. */
      readonly colour: string;
    }
    export class Box extends Construct {
      /** Where it is. */
      readonly place: string;
      private readonly secret: string;
      readonly #more: string;
      constructor(scope: Construct, id: string, props: BoxProps) {}
      /**
       * Puts a lid on it.
       *
       * @param id part of the address.
       * @returns the lid.
       */
      lid(id: string, props: LidProps, tight = true): Lid {}
      protected hidden(): void {}
    }`);
  expect(found?.faults).toEqual([]);
  expect(withTables("# box\n<!-- props -->\n## Creates\n", found ? [found] : [])).toBe(`# box
<!-- props -->

For \`new Box\`:

| prop | type | default | meaning |
| --- | --- | --- | --- |
| \`size\` | \`"small" \\| "large"\` | \`"small"\` | How big \\| wide. |
| \`parts\` | \`Parts[]\` | needed | What is in it. |
| \`parts[].name\` | \`string\` | needed | Its name. |
| \`byName\` | \`Record<string, Parts>\` | none | Parts by a name. |
| \`byName.*.name\` | \`string\` | needed | Its name. |
| \`passed\` | \`Passed\` | needed | Somebody's. |

For \`lid\`:

| prop | type | default | meaning |
| --- | --- | --- | --- |
| \`colour\` | \`string\` | needed | Its colour. |

\`Box\` gives:

| field or method | type | meaning |
| --- | --- | --- |
| \`place\` | \`string\` | Where it is. |
| \`lid(id, props, tight?)\` | \`Lid\` | Puts a lid on it. \`id\`: part of the address. Returns the lid. |

<!-- /props -->
## Creates
`);
});

test("a second run leaves the tables as they are", () => {
  const found = fixture(`
    import { Construct } from "constructs";
    export class Box extends Construct { readonly place: string; }`);
  const page = withTables("# box\n<!-- props -->\n## Creates\n", found);
  expect(withTables(page, found)).toBe(page);
});

test("a prop that lacks its comment or its default is reported with its line", () => {
  const [found] = fixture(`import { Construct } from "constructs";
    interface BoxProps {
      readonly size: number;
      /** Its colour. */
      readonly colour?: string;
    }
    export class Box extends Construct { constructor(scope: Construct, id: string, props: BoxProps) {} }`);
  expect(found?.faults).toEqual([
    "modules/fixture/index.ts:3: size lacks a doc comment",
    "modules/fixture/index.ts:5: colour may be left out, but lacks its @default",
  ]);
});

test("the missing sections of a README are listed", () => {
  expect(missingParts("")).toHaveLength(5);
  expect(missingParts("# box\n\nA box.\n\n```ts\n```\n## Creates\n## Cost drivers\n")).toEqual([
    "## IAM it needs",
  ]);
});

function fixture(text: string): Documented[] {
  const index = `${checkout}modules/fixture/index.ts`;
  return constructs(ownTypes([index], { [index]: text }), index);
}
