import { expect, test } from "vitest";
import { Share, shareOf } from "./share.ts";

test("a percentage is taken of the whole and rounded down, and a number stays as it is", () => {
  expect([shareOf("25%", 8), shareOf("25%", 7), shareOf("100%", 3), shareOf(2, 8)]).toEqual([
    2, 1, 3, 2,
  ]);
});

test.each(["0%", "101%", "25", "2.5%", -1, 1.5])("%s is refused as a share", (share) => {
  expect(Share.safeParse(share).success).toBe(false);
});
