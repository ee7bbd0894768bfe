import { expect, test } from "vitest";
import { silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { unitEnds } from "./ends.ts";

test("the last lines of a run are those of its own unit, whatever invocation the service wrote", async () => {
  const calls: (readonly string[])[] = [];
  const ends = unitEnds("web", {
    exec: async (program, args) => {
      calls.push([program, ...args]);
      return "one\ntwo";
    },
    supervisor: { hasRequestedStop: () => false },
    clock: simulatedClock(),
    log: silentLog,
  });
  const invocation = "0123456789abcdef0123456789abcdef";
  const end = { place: { n: 1, side: "a" }, invocation, result: "exit-code" } as const;
  const whole = { ...end, code: "exited", status: "1", isAsked: false };
  expect(await ends.lastLines(whole)).toEqual(["one", "two"]);
  expect(calls[0]).toEqual(
    expect.arrayContaining([
      "journalctl",
      "_SYSTEMD_UNIT=shoestring-web@1a.service",
      `_SYSTEMD_INVOCATION_ID=${invocation}`,
    ]),
  );
});
