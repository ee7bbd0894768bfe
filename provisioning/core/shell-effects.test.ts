import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run } from "./run.ts";
import { shellEffects } from "./shell-effects.ts";
import { writeCommand } from "./stacks.ts";

function inAFolder(yes: boolean) {
  const checkout = mkdtempSync(join(tmpdir(), "shoestring-effects-"));
  onTestFinished(() => rmSync(checkout, { recursive: true }));
  return shellEffects({ checkout, yes });
}

test("a command that writes a file writes exactly its text", async () => {
  const on = inAFolder(true);
  const text = '{"a":"100 % \\n $HOME"}';
  expect(await on.shell(writeCommand("file", text))).toBe(0);
  expect(on.read("file")).toBe(`${text}\n`);
  expect(on.read("other")).toBeUndefined();
});

test("a command that fails is told with the command that goes on", async () => {
  const on = { ...inAFolder(true), say: () => {} };
  const failed = run(on, "exit 3", { again: "npx shoestring bootstrap" });
  await expect(failed).rejects.toThrow(/"exit 3" ended with 3.*go on with: npx shoestring boot/);
  expect(await run(on, "exit 2", { good: [0, 2], again: "" })).toBe(2);
});

test("a question that nobody can answer is not answered with yes", async () => {
  await expect(inAFolder(false).confirm("destroy it?")).rejects.toThrow(
    "nobody can answer: destroy it?",
  );
});
