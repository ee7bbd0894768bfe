import { expect, test } from "vitest";
import { encodeEnvFile } from "./env-file.ts";

test("the four characters that systemd unescapes are escaped, and newlines stay", () => {
  expect(encodeEnvFile({ A: 'a"b\\c$d`e\nf' })).toBe('A="a\\"b\\\\c\\$d\\`e\nf"\n');
});

test.each([
  ["a NUL", "a\0b", "NUL"],
  ["half of a surrogate pair", "a\ud800", "surrogate"],
  ["a control character", "a\u0007", "control character"],
  ["a noncharacter", "a\ufffe", "noncharacter"],
  ["a noncharacter in a higher plane", "a\u{1ffff}", "noncharacter"],
])("%s is refused with the variable's name and never its value", (_, value, why) => {
  const encode = () => encodeEnvFile({ FINE: "x", SECRET: `${value}hunter2` });
  expect(encode).toThrow(why);
  expect(encode).toThrow('"SECRET"');
  expect(encode).not.toThrow("hunter2");
});

test("a name that is invalid in an environment is refused", () => {
  expect(() => encodeEnvFile({ "A-B": "x" })).toThrow('the variable "A-B"');
});
