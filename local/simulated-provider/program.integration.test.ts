import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { stream } from "../../tools/stream.ts";
import { buildProgram } from "./program.ts";

const sources = fileURLToPath(new URL(".", import.meta.url));

test("the same sources give the same bytes, also in another folder", {
  timeout: 300_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-program-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(sources, join(folder, "copy"), { recursive: true });
  const one = await buildProgram(join(folder, "one"));
  const other = await buildProgram(join(folder, "other"), join(folder, "copy"));
  expect(readFileSync(one).equals(readFileSync(other))).toBe(true);
});

test("the tests in Go pass", { timeout: 300_000 }, async () => {
  for (const args of [
    ["vet", "./..."],
    ["test", "./..."],
  ]) {
    await stream("go", args, {
      cwd: sources,
      env: { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false -mod=readonly" },
      next: "run it in local/simulated-provider",
    });
  }
});
