import { expect, test } from "vitest";
import type { SecretReference } from "../../protocol/secret-reference.ts";
import { readSecrets } from "./secrets.ts";

const database = "secretsmanager:production/api/database";
const rotated = { username: "app", password: 'hunter2 "x"', host: "db.internal", port: 5432 };

/** Secrets by name; each read is noted. */
function aStore(secrets: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const read = async ({ store, name }: SecretReference) => {
    asked.push(`${store}:${name}`);
    return secrets[name];
  };
  return { asked, read };
}

test("fields of one JSON secret are read at once, and a number is its text", async () => {
  const { asked, read } = aStore({
    "production/api/database": JSON.stringify(rotated),
    "/shoestring/production/api/key": "whole",
  });
  const references = [
    `${database}#username`,
    `${database}#password`,
    `${database}#port`,
    database,
    "ssm:/shoestring/production/api/key",
  ];
  expect(await readSecrets(references, read)).toEqual({
    [`${database}#username`]: "app",
    [`${database}#password`]: 'hunter2 "x"',
    [`${database}#port`]: "5432",
    [database]: JSON.stringify(rotated),
    "ssm:/shoestring/production/api/key": "whole",
  });
  expect(asked).toEqual([database, "ssm:/shoestring/production/api/key"]);
});

test.each([
  ["with more digits than a JavaScript number keeps", "12345678901234567890"],
  ["with a fraction of zero", "1.0"],
  ["with an exponent", "-1e400"],
])("a number of a JSON secret %s keeps every digit", async (_, number) => {
  const text = `{"note":"\\"12 \\\\", "password" : ${number}, "list":[1,{"password":2}]}`;
  const { read } = aStore({ "production/api/database": text });
  const reference = `${database}#password`;
  expect(await readSecrets([reference], read)).toEqual({ [reference]: number });
});

test.each([
  ["has no such field", '{"passwd":"hunter2"}', 'it has no field "password"'],
  ["has it only by inheritance", '{"__proto__":{"password":"hunter2"}}', "it has no field"],
  ["is no JSON", "hunter2", "the secret is no JSON object"],
  ["has a number for a name", '{1:"hunter2"}', "the secret is no JSON object"],
  ["is a list", '["hunter2"]', "the secret is no JSON object"],
  ["is null", "null", "the secret is no JSON object"],
  ["has an object there", '{"password":{"a":"hunter2"}}', 'its field "password" is neither text'],
  ["has null there", '{"password":null}', 'its field "password" is neither text'],
])("a field of a secret that %s is an error without the value", async (_, text, why) => {
  const { read } = aStore({ "production/api/database": text });
  const error = await readSecrets([`${database}#password`], read).catch((it) => it);
  expect(error).toMatchObject({
    happened: expect.stringContaining(`the secret ${database}#password cannot be used: ${why}`),
    unchanged: "every process keeps its environment",
    next: "name one of its fields: aws secretsmanager get-secret-value --secret-id production/api/database --query SecretString | jq 'fromjson | keys'",
  });
  expect(JSON.stringify(error)).not.toContain("hunter2");
});

test("a secret that does not exist, and a value that is no whole reference, are errors by name", async () => {
  const { read } = aStore({});
  await expect(readSecrets([`${database}#password`], read)).rejects.toThrow(
    `the secret ${database}#password cannot be read: Error`,
  );
  await expect(readSecrets([`${database}#`], read)).rejects.toThrow(
    `${database}# is no reference to a secret`,
  );
});
