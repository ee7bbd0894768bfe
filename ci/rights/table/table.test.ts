import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reviewedAddresses } from "../../stacks/addresses.ts";
import { type ResourceType, verbs } from "./resource-type.ts";
import { resourceTypes } from "./resource-types.ts";

const modules = join(import.meta.dirname, "../../../modules");

/** Types of AWS that a module makes, by its imports of bindings. */
function typesOfModules(): readonly string[] {
  const texts = readdirSync(modules, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes(".test."))
    .map((name) => readFileSync(join(modules, name), "utf8"));
  const names = texts.flatMap((text) =>
    [...text.matchAll(/"@cdktf\/provider-aws\/lib\/([a-z0-9-]+)/g)].map(
      ([, name]) => name as string,
    ),
  );
  return [...new Set(names)]
    .filter((name) => !name.startsWith("data-aws-") && name !== "provider")
    .map((name) => `aws_${name.replaceAll("-", "_")}`);
}

test("every type that a module or a cluster has says what Terraform needs for it", () => {
  // Another test holds the list of addresses to what the stacks have.
  const inStacks = reviewedAddresses().map((line) => line.split(/[ .]/)[1] as string);
  const types = new Set([...typesOfModules(), ...inStacks.filter((it) => it.startsWith("aws_"))]);
  expect(types.size).toBeGreaterThan(50);
  const missing = [...types].filter((it) => !(it in resourceTypes)).sort();
  expect(missing, "add rows in ci/rights/table").toEqual([]);
  expect(Object.keys(resourceTypes).filter((it) => !types.has(it))).toEqual([]);
});

test.each(Object.entries(resourceTypes))("%s: actions are written as AWS writes them", (_, row) => {
  const actions = verbs.flatMap((verb) => row[verb]);
  expect(actions.filter((it) => !/^[a-z0-9-]+:[A-Z]\w+( \*)?$/.test(it))).toEqual([]);
  expect(row.list.filter((it) => !it.endsWith(" *"))).toEqual([]);
});

const changes = ({ create, update, delete: remove, also }: ResourceType) =>
  [...create, ...update, ...remove].length > 0 || also !== undefined;

test("a type that is only waited for is the only one that changes nothing", () => {
  const idle = Object.entries(resourceTypes).filter(([, row]) => !changes(row));
  expect(idle.map(([type]) => type)).toEqual(["aws_acm_certificate_validation"]);
});
