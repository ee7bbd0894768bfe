import { expect, test } from "vitest";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { keepGoing } from "./keep-going.ts";

test("a part that fails is begun again with backoff, and its error is logged once", async () => {
  const clock = simulatedClock();
  const begun: number[] = [];
  const logged: unknown[] = [];
  const part = async () => {
    begun.push(clock.monotonicMs() / 1000);
    if (begun.length < 7) throw new Error("web.json cannot be used");
  };
  const log = (event: string, fields?: object) => void logged.push({ event, ...fields });
  await clock.run(keepGoing("service web", part, { clock, log, random: () => 0 }));
  expect(begun).toEqual([0, 1, 3, 7, 15, 30, 45]);
  expect(logged).toEqual([
    { event: "part.failed", part: "service web", error: "web.json cannot be used" },
  ]);
});
