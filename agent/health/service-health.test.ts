import { expect, test } from "vitest";
import type { Ends, ProcessEnd } from "../core/effects.ts";
import { openJournal } from "../core/state.ts";
import { aService, silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { ServiceHealth } from "./service-health.ts";

test("the health of an environment waits until it is known whether an end was requested", async () => {
  const clock = simulatedClock();
  const serving = { 1: { side: "a", release: "web-1-aaaaaaa", environmentId: "one" } } as const;
  const state = { schema: 2 as const, serving, moves: {} };
  const journal = await openJournal({ read: async () => state, write: async () => {} });
  let announceEnd: (end: Promise<ProcessEnd>) => Promise<void> = async () => {};
  const ends: Ends = {
    watch(take) {
      announceEnd = take;
    },
    lastLines: async () => [],
  };
  const health = new ServiceHealth({
    ...{ service: aService({ processes: 1 }), instance: "web-1", journal, ends, clock },
    log: silentLog,
    store: { readEnvironment: async () => undefined },
    supervisor: { state: async () => ({ status: "running", restarts: 1 }) },
    gate: { close: async () => {} },
  });
  health.watch();
  const end: ProcessEnd = {
    ...{ place: { n: 1, side: "a" }, invocation: "1".repeat(32), isAsked: false },
    ...{ result: "exit-code", code: "exited", status: "3" },
  };
  void announceEnd(clock.sleep(400).then(() => end));
  const fault = await clock.run(health.faultOf("one"));
  expect(fault?.message).toContain("exited with status 3");
});
