import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { removeReadyFile } from "./ready-file.ts";

test("a ready file is forgotten whatever the process made of it: a file, a folder, nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ready-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "1a");
  await removeReadyFile(path);
  writeFileSync(path, "");
  await removeReadyFile(path);
  mkdirSync(join(path, "deep"), { recursive: true });
  await removeReadyFile(path);
  expect(existsSync(path)).toBe(false);
});
