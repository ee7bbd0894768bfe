import fc from "fast-check";
import { expect, test } from "vitest";
import { Problem } from "../lib/problem.ts";
import { encodeEnvFile } from "./env-file.ts";

/** Reads an environment file as systemd does: its state machine (src/basic/env-file.c). */
function readAsSystemd(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  let state: "key" | "before value" | "value" | "quoted" | "escape" = "key";
  let [key, value] = ["", ""];
  for (const c of text) {
    if (state === "key") {
      if (c === "=") state = "before value";
      else if (c === "\n") key = "";
      else key += c;
    } else if (state === "before value" || state === "value") {
      if (c === "\n") {
        variables[key] = value;
        [key, value, state] = ["", "", "key"];
      } else if (state === "before value" && c === '"') state = "quoted";
      else if (state === "value" || !/\s/.test(c)) [value, state] = [value + c, "value"];
    } else if (state === "quoted") {
      if (c === '"') state = "before value";
      else if (c === "\\") state = "escape";
      else value += c;
    } else {
      if (/["\\$`]/.test(c)) value += c;
      else if (c !== "\n") value += `\\${c}`;
      state = "quoted";
    }
  }
  return variables;
}

const names = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
/** Any text, often with characters that have a meaning for systemd or a shell. */
const values = fc.string({
  unit: fc.oneof(
    fc.constantFrom(..."\"\\$`\n\t #;=%{}'"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
});

test("systemd reads back the encoded values, or the file is refused without showing a value", () => {
  fc.assert(
    fc.property(fc.dictionary(names, values, { noNullPrototype: true }), (variables) => {
      let text: string;
      try {
        text = encodeEnvFile(variables);
      } catch (error) {
        expect(error).toBeInstanceOf(Problem);
        expect((error as Problem).happened).toMatch(
          /^the variable "[A-Za-z0-9_]+" cannot be written/,
        );
        return;
      }
      expect(readAsSystemd(text)).toEqual(variables);
    }),
    { numRuns: 2000 },
  );
});

test("printable values are never refused", () => {
  const printable = fc.string({ unit: "grapheme-ascii" });
  fc.assert(
    fc.property(fc.dictionary(names, printable, { noNullPrototype: true }), (variables) => {
      expect(readAsSystemd(encodeEnvFile(variables))).toEqual(variables);
    }),
  );
});
