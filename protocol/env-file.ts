import { Problem } from "../lib/problem.ts";

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Encodes variables for systemd's `EnvironmentFile=`.
 *
 * systemd unescapes only `"`, `\`, `$` and the backtick inside double quotes, keeps literal
 * newlines there and expands nothing (systemd: src/basic/env-file.c). NUL ends a value, one
 * value of invalid UTF-8 makes it drop the whole file, and a line without `=` is skipped
 * silently, so what cannot be represented is refused here.
 *
 * @throws Problem that names the variable, never its value.
 */
export function encodeEnvFile(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      checkVariable(name, value);
      return `${name}="${value.replaceAll(/["\\$`]/g, "\\$&")}"\n`;
    })
    .join("");
}

/**
 * The kernel's limit for one string: the name, the value, and the characters that separate and end
 * them.
 */
const longestVariableBytes = 128 * 1024 - 2;

/** Why a variable cannot be passed to a process; undefined if it can. */
export function whyUnwritable(name: string, value: string): string | undefined {
  return !variableName.test(name)
    ? "its name is not made of letters, digits and underscores"
    : value.includes("\0")
      ? "its value has a NUL character, which ends a value"
      : !value.isWellFormed()
        ? "its value has half of a surrogate pair, which is not UTF-8"
        : hasControlCharacter(value)
          ? "its value has a control character that systemd refuses"
          : hasNoncharacter(value)
            ? "its value has a Unicode noncharacter, for which systemd refuses the whole file"
            : Buffer.byteLength(name) + Buffer.byteLength(value) > longestVariableBytes
              ? "with its value it is longer than the 128 KiB that Linux takes"
              : undefined;
}

function checkVariable(name: string, value: string): void {
  const why = whyUnwritable(name, value);
  if (why !== undefined) {
    throw new Problem({
      happened: `the variable ${JSON.stringify(name)} cannot be written to an environment file: ${why}`,
      unchanged: "no environment file was written, nothing was restarted",
      next: `correct it with: shoestring config set <service> ${name}`,
    });
  }
}

/** systemd drops values with control characters other than tab and newline. */
function hasControlCharacter(value: string): boolean {
  return [...value].some((c) => (c < " " && c !== "\t" && c !== "\n") || c === "\x7f");
}

/** U+FDD0 to U+FDEF and the last two of each plane (systemd: src/basic/utf8.c). */
function hasNoncharacter(value: string): boolean {
  return [...value].some((c) => {
    const code = c.codePointAt(0) as number;
    return (code & 0xfffe) === 0xfffe || (code >= 0xfdd0 && code <= 0xfdef);
  });
}
