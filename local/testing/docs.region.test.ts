import { expect, test } from "vitest";
import { readerOnRegion } from "./docs-under-test.ts";

const readerRuns = readerOnRegion();

test("every command of the README's daily use works as written", async () => {
  const ran = await readerRuns("README.md", "Daily use");
  expect(ran.map(({ command }) => command.split(" ").slice(0, 3).join(" "))).toEqual([
    "npx shoestring local",
    "npx shoestring release",
    "npx shoestring status",
    "npx shoestring rollback",
    "npx shoestring unhold",
    "npx shoestring config",
    "npx shoestring restart",
  ]);
});

test("every command of the local region's README works as written", async () => {
  const ran = await readerRuns("local/README.md");
  const answer = ran.find(({ command }) => command.startsWith("curl"));
  expect(JSON.parse(answer?.stdout ?? "")).toMatchObject({
    release: expect.stringMatching(/^web-/),
  });
});
