import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { expect, onTestFinished, test } from "vitest";
import { packageFunction } from "./package.ts";

test("the zip of announce holds one module with the handler that Lambda calls, and the same bytes each time", async () => {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-zip-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await packageFunction("announce", join(folder, "1.zip"));
  await packageFunction("announce", join(folder, "2.zip"));
  const zip = readFileSync(join(folder, "1.zip"));
  expect(zip.equals(readFileSync(join(folder, "2.zip")))).toBe(true);

  const files = unzipSync(zip);
  expect(Object.keys(files)).toEqual(["index.mjs"]);
  writeFileSync(join(folder, "index.mjs"), files["index.mjs"] as Uint8Array);
  const { handler } = await import(join(folder, "index.mjs"));
  expect(handler).toBeTypeOf("function");
});
