import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";

const checkout = join(import.meta.dirname, "../..");

type Hook = "pre-commit" | "commit-msg";
const hooks = parse(readFileSync(join(checkout, "lefthook.yml"), "utf8")) as Record<
  Hook,
  { readonly jobs: readonly { readonly run: string }[] }
>;

/** Runs a hook's command as lefthook does, in a repository with one file in the place that it names. */
function run(hook: Hook, name: string, text: string) {
  const repository = mkdtempSync(join(tmpdir(), "shoestring-hooks-"));
  onTestFinished(() => rmSync(repository, { recursive: true }));
  for (const file of ["biome.json", ".gitignore"])
    cpSync(join(checkout, file), join(repository, file));
  symlinkSync(join(checkout, "node_modules"), join(repository, "node_modules"));
  writeFileSync(join(repository, name), text);
  const [job] = hooks[hook].jobs;
  const command = job?.run.replace(/\{(1|staged_files)\}/, name) ?? "";
  return spawnSync("sh", ["-c", command], { cwd: repository, encoding: "utf8" });
}

const subject = (length: number) => "x".repeat(length);

test("a subject of 60 characters is accepted, with a body of any width", () => {
  const { status } = run("commit-msg", "message", `${subject(60)}\n\n${subject(72)}\n`);
  expect(status).toBe(0);
});

test("a subject of 61 characters is refused and shown", () => {
  const { status, stdout } = run("commit-msg", "message", `${subject(61)}\n`);
  expect(status).not.toBe(0);
  expect(stdout).toContain(subject(61));
});

test("a staged file passes if it is formatted, and is refused if it is not", () => {
  const refused = run("pre-commit", "a.ts", "export const a   = 1\n");
  expect(refused.status).not.toBe(0);
  expect(refused.stdout + refused.stderr).toContain("Formatter would have printed");
  const passed = run("pre-commit", "a.ts", "export const a = 1;\n");
  expect(passed.status, passed.stderr).toBe(0);
});

test("no install sets hooks up, because lefthook is not a package of the project", () => {
  const lock = readFileSync(join(checkout, "package-lock.json"), "utf8");
  expect(lock).not.toContain("lefthook");
});
