import { expect, test } from "vitest";
import { decide } from "./decide.ts";
import { emptyState, type ServiceState } from "./state.ts";
import { aDeploy } from "./testing/builders.ts";

const ended = { phase: "done", at: "2026-01-01T00:00:00.000Z" } as const;
const after = (sequence: number): ServiceState => ({
  ...emptyState,
  deploy: aDeploy(sequence),
  ended,
});

test("the first deploy that an instance reads is rolled", () => {
  expect(decide(emptyState, aDeploy(1))).toEqual({ act: "roll" });
});

test("waking up is not a change: the deploy that ended here is nothing new", () => {
  expect(decide(after(3), aDeploy(3))).toEqual({ act: "nothing" });
});

test("a deploy that a killed agent had not ended is rolled on", () => {
  const { ended: _, ...unfinished } = after(3);
  expect(decide(unfinished, aDeploy(3))).toEqual({ act: "roll" });
});

test("a newer revision is rolled, also when it is a rollback to an older build", () => {
  const rollback = aDeploy(2, { revision: 4, kind: "rollback", at: "2026-01-01T00:04:00.000Z" });
  expect(decide(after(3), rollback)).toEqual({ act: "roll" });
});

test("after a snapshot was restored, the older deploy in it is no wish", () => {
  expect(decide(after(3), aDeploy(2))).toEqual({
    act: "ignore",
    why: expect.stringContaining("revision 2 of 2026-01-01T00:02:00.000Z is older than revision 3"),
  });
});

test("a deploy made after the restore counts, though its revision was given before", () => {
  const later = aDeploy(9, { revision: 3 });
  expect(decide(after(3), later)).toEqual({ act: "roll" });
});
