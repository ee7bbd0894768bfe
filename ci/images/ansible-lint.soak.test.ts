import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ensureAnsibleLint } from "../../tools/python.ts";

const checkout = join(import.meta.dirname, "../..");

test("ansible-lint finds nothing in the playbook, by the rules for production", async () => {
  const program = await ensureAnsibleLint(console.log);
  const args = ["--offline", "--nocolor", "-q", "--profile", "production", "ansible"];
  const env = { ...process.env, PATH: `${dirname(program)}:${process.env.PATH}` };
  const { stdout } = await promisify(execFile)(program, args, { cwd: checkout, env }).catch(
    (error: Error & { readonly stdout?: string; readonly stderr?: string }) => ({
      stdout: error.stdout || error.stderr || error.message,
    }),
  );
  expect(stdout).toBe("");
});
