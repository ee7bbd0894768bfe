import { join } from "node:path";
import { expect, test } from "vitest";
import { calls } from "./calls.ts";
import { commandsIn, sdkCalls } from "./sdk-calls.ts";

const found = sdkCalls(join(import.meta.dirname, "../.."));
const name = (it: { program: string; command: string }) => `${it.program}: ${it.command}`;

test("every call of AWS in a program has a row that says which right it needs, and whose", () => {
  const rows = new Set(calls.map(name));
  expect(found.length).toBeGreaterThan(8);
  const missing = found.map(name).filter((it) => !rows.has(it));
  expect(missing, "add a row to ci/rights/calls.ts").toEqual([]);
});

test("every row about a program of this project is about a call that is there", () => {
  const there = new Set(found.map(name));
  const own = calls.filter(({ program }) => program.includes("/"));
  expect(own.map(name).filter((it) => !there.has(it))).toEqual([]);
});

test.each([
  ["a command", 'import { GetItemCommand } from "@aws-sdk/client-dynamodb";', "GetItem"],
  [
    "a command of a module that is loaded late",
    'const sdk = await import("@aws-sdk/client-sqs"); new sdk.SendMessageCommand({});',
    "SendMessage",
  ],
  ["pages", 'import { paginateScan } from "@aws-sdk/client-dynamodb";', "Scan"],
  ["a signer", 'import { SignatureV4 } from "@smithy/signature-v4";', "signed request"],
])("%s is found in a program's text", (_, text, command) => {
  expect(commandsIn(text)).toEqual([command]);
});
