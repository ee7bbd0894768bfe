import fc from "fast-check";
import { expect, test } from "vitest";
import type { ProcessEnd } from "../core/effects.ts";
import { describeEnd, gistOf } from "./process-end.ts";

const anEnd = (differs: Partial<ProcessEnd>): ProcessEnd => ({
  place: { n: 1, side: "a" },
  invocation: "1".repeat(32),
  isAsked: false,
  result: "exit-code",
  code: "exited",
  status: "1",
  ...differs,
});

test.each([
  [{ status: "3" }, "it exited with status 3"],
  [{ result: "success", status: "0" }, "it exited with status 0, though nobody stopped it"],
  [{ result: "resources", code: "none", status: "none" }, "systemd could not start it: resources"],
  // The main process ended and a child went on: systemd ends the child.
  [{ result: "timeout", status: "0" }, "it exited with status 0, though nobody stopped it"],
  [{ result: "signal", code: "killed", status: "KILL" }, "it was killed by SIGKILL"],
  [
    { result: "core-dump", code: "dumped", status: "SEGV" },
    "it was killed by SIGSEGV, with a core dump",
  ],
  [
    { result: "oom-kill", code: "killed", status: "KILL" },
    "it was killed, the kernel was out of memory",
  ],
])("an end is described as it was, never as a success: %o", (differs, text) => {
  expect(describeEnd(anEnd(differs))).toBe(text);
});

test.each([
  [
    ["listening", "Error: no route", "    at Server.x (y.js:3)", "", "Node.js v24.1.0"],
    "Error: no route",
  ],
  [["Traceback (most recent call last):", "ValueError: x"], "ValueError: x"],
  [
    ["/srv/web/processes/1a/run: 1: exec: node: not found"],
    "/srv/web/processes/1a/run: 1: exec: node: not found",
  ],
  [["listening", "bye"], "bye"],
  [["", " "], undefined],
])("the gist is the log line that says why a process ended: %o", (lines, gist) => {
  expect(gistOf(lines, {})).toBe(gist);
});

test("a line is redacted first and then cut to 200 characters", () => {
  const canary = `canary-${"x".repeat(30)}`;
  const gist = gistOf([`${"e".repeat(180)} ${canary}`], { TOKEN: canary }) ?? "";
  expect(gist.length).toBeLessThanOrEqual(200);
  expect(gist).not.toContain("canary");
});

test("the gist has no value of the environment, however a program quotes it", () => {
  const value = fc.string({ unit: "grapheme-ascii", minLength: 6, maxLength: 40 });
  const quoted = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => JSON.stringify({ value: text }),
    (text) => `GET /?key=${encodeURIComponent(text)}`,
  );
  fc.assert(
    fc.property(value, value, quoted, (secret, other, quote) => {
      const line = `Error: ${quote(secret)} was refused`;
      const gist = gistOf([line], { OTHER: other, SECRET: secret }) ?? "";
      const escaped = JSON.stringify(secret).slice(1, -1);
      for (const form of [secret, escaped, encodeURIComponent(secret)]) {
        // Where a value is itself a word of the sentence, the sentence shows it.
        if (!"Error: [redacted] was refused".includes(form)) expect(gist).not.toContain(form);
      }
    }),
    { numRuns: 1000 },
  );
});

test("the password of a URL in the environment is redacted, even when it is logged alone", () => {
  const environment = { DATABASE_URL: "postgres://app:canary-5ecret@db.internal:5432/shop" };
  const lines = ['error: password "canary-5ecret" of user "app" was refused'];
  expect(gistOf(lines, environment)).toBe('error: password "[redacted]" of user "app" was refused');
});
