import fc from "fast-check";
import { expect, test } from "vitest";
import { recorded } from "../testing/recorded.ts";
import { attributeChanges } from "./attributes.ts";
import { changesOf } from "./changes.ts";

const text = (changes: unknown) => JSON.stringify(changes);
const update = { actions: ["update"] };

test("a recorded secret is never shown, but its change is", () => {
  const raw = JSON.stringify(recorded("everything"));
  expect(raw).toContain("correct-horse-battery");
  const changes = changesOf(recorded("everything"));
  expect(text(changes)).not.toMatch(/correct-horse|hunter2/);
  expect(changes.find(({ type }) => type === "aws_ssm_parameter")?.attributes[0]).toEqual({
    path: "value",
    before: "(sensitive)",
    after: "(sensitive)",
  });
});

test("an unchanged secret is not listed", () => {
  const same = { password: "s" };
  const marks = { password: true };
  const it = { before: same, after: same, before_sensitive: marks, after_sensitive: marks };
  expect(attributeChanges({ ...update, ...it })).toEqual([]);
});

test("a value that is a secret only before or only after is hidden on both sides", () => {
  const it = { ...update, before: { a: "old" }, after: { a: "new" } };
  const expected = [{ path: "a", before: "(sensitive)", after: "(sensitive)" }];
  expect(attributeChanges({ ...it, before_sensitive: { a: true } })).toEqual(expected);
  expect(attributeChanges({ ...it, after_sensitive: { a: true } })).toEqual(expected);
});

test("an object that is a secret as a whole is hidden", () => {
  const it = { ...update, before: { a: "x" }, after: { a: "y" }, after_sensitive: true };
  expect(attributeChanges(it)).toEqual([
    { path: "value", before: "(sensitive)", after: "(sensitive)" },
  ]);
});

test("a value that becomes unknown hides a secret below it", () => {
  const it = { ...update, before: { a: { b: "x" } }, after: {}, after_unknown: { a: true } };
  expect(attributeChanges({ ...it, before_sensitive: { a: { b: true } } })).toEqual([
    { path: "a", before: "(sensitive)", after: "(known after apply)" },
  ]);
});

test("a value that only an apply decides is shown as known after apply", () => {
  const it = { ...update, before: { id: 1 }, after: {}, after_unknown: { id: true } };
  expect(attributeChanges(it)).toEqual([{ path: "id", before: "1", after: "(known after apply)" }]);
});

test("one more element in a list is one change, wherever it is put", () => {
  const it = { ...update, before: { ports: [80, 443] }, after: { ports: [22, 80, 443] } };
  expect(attributeChanges(it)).toEqual([{ path: "ports[]", after: "22" }]);
});

test("another order of a list is a change", () => {
  const it = { ...update, before: { ports: [80, 443] }, after: { ports: [443, 80] } };
  expect(attributeChanges(it)).toEqual([
    { path: "ports", before: "(one order)", after: "(another)" },
  ]);
});

test("a policy is compared as its JSON document", () => {
  const policy = (action: string) => JSON.stringify({ Statement: [{ Action: action, Sid: "a" }] });
  const it = { ...update, before: { policy: policy("s3:Get") }, after: { policy: policy("s3:*") } };
  expect(attributeChanges(it)).toEqual([
    { path: "policy.Statement[].Action", before: '"s3:Get"', after: '"s3:*"' },
  ]);
});

test.each([
  "AKIAABCDEFGHIJKLMNOP",
  "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
  "xoxb-1234-abcdef",
  `ghp_${"a".repeat(36)}`,
  "postgres://user:hunter2@host/db",
])("text that looks like a secret is left out, although it is not marked: %s", (secret) => {
  const it = { ...update, before: { a: "x" }, after: { a: `say ${secret} here` } };
  const core = secret.includes("://") ? "hunter2" : secret.split("\n").join("\\n");
  expect(text(attributeChanges(it))).not.toContain(core);
  expect(text(attributeChanges(it))).toContain("looks like a secret");
});

test("a long value is cut", () => {
  const it = { ...update, before: { a: "" }, after: { a: "x".repeat(5000) } };
  expect(attributeChanges(it)[0]?.after).toMatch(/^"x{159}… \(5002 characters\)$/);
});

/** A tree with secrets in it, and Terraform's tree of marks for it. */
const tree = fc.letrec<{ node: Marked }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.integer(), fc.constantFrom("a", "b")).map((value) => ({ value, marks: false })),
    fc.nat().map((n) => ({ value: `SECRET${n}`, marks: true })),
    fc.array(tie("node"), { maxLength: 3 }).map((all) => ({
      value: all.map(({ value }) => value),
      marks: all.map(({ marks }) => marks),
    })),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("node")).map((all) => ({
      value: Object.fromEntries(Object.entries(all).map(([key, it]) => [key, it.value])),
      marks: Object.fromEntries(Object.entries(all).map(([key, it]) => [key, it.marks])),
    })),
  ),
})).node;
interface Marked {
  readonly value: unknown;
  readonly marks: unknown;
}

test("a marked value is never shown, whatever the form of the two objects", () => {
  fc.assert(
    fc.property(tree, tree, fc.boolean(), (before, after, unknown) => {
      const changes = attributeChanges({
        actions: ["update"],
        before: before.value,
        after: after.value,
        before_sensitive: before.marks,
        after_sensitive: after.marks,
        after_unknown: unknown,
      });
      expect(text(changes)).not.toContain("SECRET");
    }),
    { numRuns: 1000, verbose: 1 },
  );
});
