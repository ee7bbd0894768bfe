import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { main } from "./main.ts";

function spiedStderr(): string[] {
  const lines: string[] = [];
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  onTestFinished(() => spy.mockRestore());
  return lines;
}

test("up of a folder that is not there, or has no local.ts, is wrong use and says so in three parts", async () => {
  const folder = mkdtempSync(join(tmpdir(), "no-local-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const said = spiedStderr();
  const rest =
    "unchanged: nothing was done\nnext: name a folder with one, like: shoestring local up examples/django\n";
  for (const [path, happened] of [
    [folder, `${folder} has no local.ts`],
    [`${folder}/no`, `there is no folder ${folder}/no`],
  ] as const) {
    said.length = 0;
    expect(await main(["up", path])).toBe(2);
    expect(said.join("")).toBe(`failed: ${happened}\n${rest}`);
  }
});
