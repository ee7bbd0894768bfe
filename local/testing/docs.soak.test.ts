import { expect, test } from "vitest";
import { readerOnRegion } from "./docs-under-test.ts";

const readerRuns = readerOnRegion();

test("every command of docs/deploying.md works as written", {
  timeout: 300_000,
}, async () => {
  const ran = await readerRuns("docs/deploying.md");
  expect(ran.map(({ command }) => command.split(" ").slice(1, 4).join(" "))).toEqual([
    "shoestring release build",
    "shoestring release push",
    "shoestring status web",
    "shoestring history web",
    "shoestring rollback web",
    "shoestring unhold web",
  ]);
  expect(ran[0]?.stdout).toMatch(/^web-1-[0-9a-f]{7} is packed as out\/web\.tar\.gz: /);
  expect(ran[3]?.stdout).toContain("a try");
});
