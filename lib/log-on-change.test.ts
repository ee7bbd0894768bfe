import { expect, test } from "vitest";
import { logOnChange } from "./log-on-change.ts";

test("an error that repeats is logged once, and again after another one or a success", () => {
  const logged: string[] = [];
  const log = logOnChange((error) => void logged.push(error));
  log(new Error("a"));
  log(new Error("a"));
  log(new Error("b"));
  log(new Error("a"));
  log.clear();
  log(new Error("a"));
  expect(logged).toEqual(["a", "b", "a", "a"]);
});
