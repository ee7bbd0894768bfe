import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { silentLog } from "../testing/builders.ts";
import { systemClock as clock } from "./clock.ts";
import { cronMarks } from "./cron-marks.ts";

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cron-marks-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("a mark from before the agent began and one that comes later are told, and then gone", async () => {
  const folder = aFolder();
  const taken: string[] = [];
  writeFileSync(join(folder, "nightly"), "1767225600010\n");
  cronMarks("web", { clock, log: silentLog }, folder).watch(async (name, firedAt) => {
    taken.push(`${name} ${firedAt.toISOString()}`);
  });
  await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]));
  writeFileSync(join(folder, "hourly"), "1767225601010\n");
  await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]));
  expect(taken).toEqual(["nightly 2026-01-01T00:00:00.010Z", "hourly 2026-01-01T00:00:01.010Z"]);
});

test("a mark that nobody settled stays for the next agent, and garbage is not told", async () => {
  const folder = aFolder();
  writeFileSync(join(folder, "nightly"), "1767225600010\n");
  writeFileSync(join(folder, "weekly"), "soon\n");
  const taken: string[] = [];
  cronMarks("web", { clock, log: silentLog }, folder).watch(async (name) => {
    taken.push(name);
    await new Promise(() => {});
  });
  await vi.waitFor(() => expect(taken).toEqual(["nightly"]));
  expect(readdirSync(folder)).toEqual(["nightly", "weekly"]);
});
