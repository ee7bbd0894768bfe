import { expect, test } from "vitest";
import { parseSecretReference } from "./secret-reference.ts";

test.each([
  ["ssm:/shoestring/staging/web/key", { store: "ssm", name: "/shoestring/staging/web/key" }],
  ["secretsmanager:staging/web/db", { store: "secretsmanager", name: "staging/web/db" }],
  ["secretsmanager:rds!db-1", { store: "secretsmanager", name: "rds!db-1" }],
  [
    "secretsmanager:staging/web/db#password",
    { store: "secretsmanager", name: "staging/web/db", field: "password" },
  ],
  ["ssm:/a#b.c", { store: "ssm", name: "/a", field: "b.c" }],
])("%s names a secret", (value, expected) => {
  expect(parseSecretReference(value)).toEqual(expected);
});

test.each(["info", "", "ssm:", "ssm:a", "ssm:/a#", "secretsmanager:", "secretsmanager:#password"])(
  "%j names no secret",
  (value) => {
    expect(parseSecretReference(value)).toBeUndefined();
  },
);

test.each(["secretsmanager:a#b#c", "secretsmanager:a b", " ssm:/a", "secretsmanager:a\n"])(
  "%j is no whole reference",
  (value) => {
    expect(parseSecretReference(value)).toBeUndefined();
  },
);
