import { expect, test } from "vitest";
import { nextTime, parseCalendar, scheduledTime } from "./calendar.ts";

test.each([
  "minutely",
  "hourly",
  "daily",
  "weekly",
  "monthly",
  "03:00",
  "*:0/5",
  "*:*:0/3",
  "*-*-* 03:00:00",
  "Mon..Fri *-*-* 08..18/2:30",
  "Sat,Sun 04:15",
  "*-1,7-01 00:00",
  "*:0/59",
  "*:5..9/5",
  "*:59..59/3",
  "*-*-1/30 00:00",
])("the expression %s is read", (text) => {
  expect(parseCalendar(text)).toBeDefined();
});

test.each([
  "",
  "often",
  "*/5 * * * *",
  "0 3 * * *",
  "@daily",
  "constructor",
  "25:00",
  "03:60",
  "3",
  "*/2:00",
  "2026-01-01 00:00:00",
  "*-*~1 00:00:00",
  "*-02-30 00:00",
  "*-00-01 00:00",
  "Fri..Mon 00:00",
  "Monday 00:00",
  "*:0/0",
  "*:59/1",
  "*:0/60",
  "*:30/30",
  "*:5,59/1",
  "*:*:59/1",
  "12/12:00",
  "*-12/1-01 00:00",
  "*-*-31/2 00:00",
  "*:5..2",
  "*:*:0.5",
  "03:00 Europe/Berlin",
  "03:00\nPersistent=yes",
  " 03:00",
])("the expression %j is refused", (text) => {
  expect(parseCalendar(text)).toBeUndefined();
});

const scheduled = (text: string, firedAt: string, timeZone = "UTC") => {
  const calendar = parseCalendar(text);
  return calendar && scheduledTime(calendar, timeZone, new Date(firedAt))?.toISOString();
};

test("a timer that fires late has the scheduled time", () => {
  expect(scheduled("daily", "2026-01-02T00:00:07.250Z")).toBe("2026-01-02T00:00:00.000Z");
  expect(scheduled("*:*:0/5", "2026-01-02T00:00:07.250Z")).toBe("2026-01-02T00:00:05.000Z");
  expect(scheduled("Mon 03:00", "2026-11-30T03:00:00.010Z")).toBe("2026-11-30T03:00:00.000Z");
});

test("a scheduled time is one of the service's time zone, in summer and winter", () => {
  const at = (firedAt: string) => scheduled("03:00", firedAt, "Europe/Berlin");
  expect(at("2026-01-02T02:00:01Z")).toBe("2026-01-02T02:00:00.000Z");
  expect(at("2026-07-02T01:00:01Z")).toBe("2026-07-02T01:00:00.000Z");
});

test("a timer that fires minutes late, as on a machine that slept, has the scheduled time", () => {
  expect(scheduled("daily", "2026-01-02T00:04:59.900Z")).toBe("2026-01-02T00:00:00.000Z");
});

test("a timer that fires when no time was scheduled within minutes has none", () => {
  expect(scheduled("daily", "2026-01-02T00:05:01Z")).toBeUndefined();
  expect(scheduled("daily", "2026-01-02T11:22:33.444Z")).toBeUndefined();
});

test.each([
  ["03:00", "UTC", "2026-01-01T03:00:00.000Z", "2026-01-02T03:00:00.000Z"],
  ["03:00", "Europe/Berlin", "2026-01-01T00:00:00.000Z", "2026-01-01T02:00:00.000Z"],
  ["03:50", "Asia/Kathmandu", "2026-01-01T00:00:00.000Z", "2026-01-01T22:05:00.000Z"],
  ["*:*:0/4", "UTC", "2026-01-01T00:00:01.500Z", "2026-01-01T00:00:04.000Z"],
  ["Mon *-*-1 12:00", "UTC", "2026-01-01T00:00:00.000Z", "2026-06-01T12:00:00.000Z"],
])("the next time of %s in %s after %s is %s", (at, timeZone, after, next) => {
  const calendar = parseCalendar(at);
  expect(calendar && nextTime(calendar, timeZone, new Date(after))?.toISOString()).toBe(next);
});
