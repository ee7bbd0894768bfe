import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NotJson, parseJson } from "./json.ts";

const checkout = new URL("..", import.meta.url).pathname;
const folders = ["agent", "board", "cli", "functions", "lib", "protocol", "slack", "trace"];

test("only lib/json.ts calls JSON.parse, whose errors quote what they read", () => {
  const found = folders.flatMap((folder) =>
    (readdirSync(join(checkout, folder), { recursive: true }) as string[])
      .filter((name) => name.endsWith(".ts") && !/test\.ts$|(^|\/)testing\//.test(name))
      .map((name) => join(folder, name))
      .filter((name) => readFileSync(join(checkout, name), "utf8").includes("JSON.parse(")),
  );
  expect(found).toEqual(["lib/json.ts"]);
});

test("the error for text that is not JSON quotes nothing of it", () => {
  expect(() => parseJson('{"PASSWORD": hunter2}')).toThrow(new NotJson());
  expect(() => parseJson("hunter2")).toThrow(/^it is not JSON$/);
});
