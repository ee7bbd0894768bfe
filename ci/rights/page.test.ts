import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { forbidden } from "./access/forbidden.ts";
import { withTables } from "./page.ts";
import { roleKinds } from "./scope.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/rights.md"), "utf8");

test("docs/rights.md says what the tables say", () => {
  expect(withTables(page), "write it: make readmes").toBe(page);
});

test("a page without a mark is refused, not left as it is", () => {
  expect(() => withTables("# Rights\n")).toThrow("no mark <!-- calls -->");
});

test("every kind of role has cells in the access table", () => {
  expect(roleKinds.filter((kind) => !forbidden.some((it) => it.kind === kind))).toEqual([]);
});
