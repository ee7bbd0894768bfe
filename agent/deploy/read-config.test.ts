import { expect, test } from "vitest";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import type { Config } from "../core/effects.ts";
import { redact } from "../health/redact.ts";
import { readConfig, refuseShrunk } from "./read-config.ts";

/** A config with this many variables in each scope. */
function aConfig([global, own]: readonly [number, number]): Config {
  const names = (scope: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${scope}_${i + 1}`);
  const scopes = { global: names("GLOBAL", global), own: names("OWN", own) };
  const all = [...scopes.global, ...scopes.own];
  return { environment: Object.fromEntries(all.map((name) => [name, "x"])), scopes };
}

test.each([
  [
    "a config that lost more than half of its variables",
    [2, 8],
    [2, 2],
    "the config of web lost 6",
  ],
  ["a global scope that lost all, less than half", [10, 11], [0, 11], "the scope global/"],
  ["an own scope that lost all, less than half", [10, 3], [10, 0], "the scope web/"],
] as const)("%s is refused", (_, before, after, why) => {
  expect(() => refuseShrunk("web", aConfig(before), aConfig(after))).toThrow(why);
});

test.each([
  ["one variable of a scope of one, which a person may unset", [4, 1], [4, 0]],
  ["half of the variables", [2, 8], [2, 3]],
  ["nothing", [0, 0], [0, 0]],
] as const)("a config that lost %s is accepted", (_, before, after) => {
  expect(() => refuseShrunk("web", aConfig(before), aConfig(after))).not.toThrow();
});

test("a field of a JSON secret is the variable's value, and the log loses that value", async () => {
  const consul = memoryConsul();
  const password = "secretsmanager:production/web/database#password";
  consul.put("web/PGPASSWORD", password);
  consul.put("web/http_proxy", "http://proxy:3128");
  const asked: (readonly string[])[] = [];

  const { environment } = await readConfig(
    consul,
    async (references) => {
      asked.push(references);
      return new Map([[password, "hunter2-rotated"]]);
    },
    "web",
  );

  expect(asked).toEqual([[password]]);
  expect(environment).toEqual({ PGPASSWORD: "hunter2-rotated", http_proxy: "http://proxy:3128" });
  expect(redact("password hunter2-rotated is refused", environment)).toBe(
    "password [redacted] is refused",
  );
});

test("a variable that is forbidden now and in KV from before fails no deploy", async () => {
  const consul = memoryConsul();
  consul.put("web/PORT", "80");
  const { environment } = await readConfig(consul, async () => new Map(), "web");
  expect(environment).toEqual({ PORT: "80" });
});

test("a config whose scope is gone is refused although all its variables were overridden", () => {
  const overridden: Config = {
    environment: { A: "own", B: "own" },
    scopes: { global: ["A", "B"], own: ["A", "B"] },
  };
  const gone: Config = { ...overridden, scopes: { global: [], own: ["A", "B"] } };
  expect(() => refuseShrunk("web", overridden, gone)).toThrow("the scope global/");
});
