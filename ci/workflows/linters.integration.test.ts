import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { ensureActionlint } from "../../tools/actionlint.ts";
import { ensureZizmor } from "../../tools/python.ts";

const checkout = join(import.meta.dirname, "../..");
const planted = mkdtempSync(join(tmpdir(), "shoestring-workflows-"));
afterAll(() => rmSync(planted, { recursive: true }));

/** The output of a linter; empty if it finds nothing. */
async function lint(folder: string, program: string, args: readonly string[]): Promise<string> {
  const ran = promisify(execFile)(program, [...args], { cwd: folder });
  return ran.then(
    () => "",
    (error: Error & { stdout?: string; stderr?: string }) =>
      error.stdout || error.stderr || error.message,
  );
}

/** Without programs that only some machines have on their PATH. */
const actionlint = async (folder: string) =>
  lint(folder, await ensureActionlint(console.log), ["-no-color", "-shellcheck=", "-pyflakes="]);

/** Offline, with every check. */
const zizmor = async (folder: string) =>
  lint(folder, await ensureZizmor(console.log), [
    ...["--offline", "--persona=auditor", "--no-progress", "--quiet", "--color=never"],
    ".github",
  ]);

test("actionlint finds nothing", async () => {
  expect(await actionlint(checkout)).toBe("");
});

test("zizmor finds nothing in its strictest mode", async () => {
  expect(await zizmor(checkout)).toBe("");
});

test("both linters find planted mistakes", async () => {
  cpSync(join(checkout, ".github"), join(planted, ".github"), { recursive: true });
  await promisify(execFile)("git", ["init", "--quiet"], { cwd: planted });
  const step = "      - run: echo ${{ github.event.pull_request.title }}";
  writeFileSync(
    join(planted, ".github/workflows/planted.yml"),
    `on: pull_request\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n${step}\n`,
  );
  expect(await actionlint(planted)).toContain("is potentially untrusted");
  expect(await zizmor(planted)).toContain("template-injection");
});
