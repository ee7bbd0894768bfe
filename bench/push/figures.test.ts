import { expect, test } from "vitest";
import { figures } from "./figures.ts";

test("outside is the time in which no instance rolls, and beyond is the time above the floor", () => {
  const instances = [
    { startedAt: 4000, endedAt: 7000 },
    { startedAt: 1500, endedAt: 4500 }, // overlaps the other
    { startedAt: 7200, endedAt: 9000 }, // after a gap
  ];
  expect(figures(0, 9300, { announcedAt: 900, instances }, 6.8)).toEqual({
    seconds: 9.3,
    announcedSeconds: 0.9,
    begunSeconds: 0.6,
    rollingSeconds: 7.5,
    doneSeconds: 0.3,
    outsideSeconds: 2,
    beyondFloorSeconds: 2.5,
  });
});
