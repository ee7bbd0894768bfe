import { expect, test } from "vitest";
import type { CronRun, CronState } from "../../protocol/documents.ts";
import { newsOf } from "./news.ts";

const minuteMs = 60_000;
const startMs = Date.parse("2026-01-01T00:00:00Z");

/** What people are told of runs that end or are left out, by the minute of each. */
function toldOf(events: readonly (readonly [minute: number, "ok" | "fails" | "left out"])[]) {
  let state: CronState = { schema: 2 };
  const told: string[] = [];
  const write = (after: CronState, minute: number) => {
    const change = newsOf(state, after, new Date(startMs + minute * minuteMs));
    if (change) told.push(`${minute} ${change.news.what}`);
    state = change ? { ...after, told: change.told } : after;
  };
  for (const [minute, how] of events) {
    const scheduledFor = new Date(startMs + minute * minuteMs).toISOString();
    if (how === "left out") {
      write({ ...state, misfire: { scheduledFor, why: "its run had not ended" } }, minute);
      continue;
    }
    const run: CronRun = {
      ...{ scheduledFor, startedAt: scheduledFor, phase: "running", environmentId: "1" },
      ...{ instance: "web-1", release: "web-1-ccccccc" },
    };
    write({ ...state, run }, minute);
    const endedAt = scheduledFor;
    if (how === "ok") write({ ...state, run: { ...run, phase: "done", endedAt } }, minute);
    else {
      const failed: CronRun = {
        ...run,
        phase: "failed",
        endedAt,
        error: "it exited with status 1",
      };
      write({ ...state, run: failed, failure: failed }, minute);
    }
  }
  return told;
}

const each = (minutes: number, everyMinutes: number, how: "ok" | "fails" | "left out") =>
  Array.from({ length: minutes / everyMinutes }, (_, i) => [i * everyMinutes, how] as const);

test("a command that fails each minute is told at once, and then once a day", () => {
  expect(toldOf(each(3 * 1440, 1, "fails"))).toEqual([
    "0 failed",
    "1200 failed",
    "2400 failed",
    "3600 failed",
  ]);
});

test("a command that fails each night is told each night, and when it runs again", () => {
  const nights = [0, 1439, 2881].map((minute) => [minute, "fails"] as const);
  expect(toldOf([...nights, [4320, "ok"], [5760, "ok"]])).toEqual([
    "0 failed",
    "1439 failed",
    "2881 failed",
    "4320 runs again",
  ]);
});

test("a command that fails every other minute is told no more than once an hour", () => {
  const events = each(180, 1, "fails").map(([minute, how]) =>
    minute % 2 === 0 ? ([minute, how] as const) : ([minute, "ok"] as const),
  );
  expect(toldOf(events)).toEqual([
    ...["0 failed", "1 runs again", "60 failed", "61 runs again", "120 failed", "121 runs again"],
  ]);
});

test("times that are left out are told once a day, beside failures", () => {
  const events = each(1440, 5, "left out");
  expect(toldOf([...events, [1441, "fails"]])).toEqual([
    "0 left out",
    "1200 left out",
    "1441 failed",
  ]);
});

test("a command that runs is not told", () => {
  expect(toldOf(each(1440, 5, "ok"))).toEqual([]);
});
