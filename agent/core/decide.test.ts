import { expect, test } from "vitest";
import { aDeploy } from "../testing/builders.ts";
import { accept, decide } from "./decide.ts";
import { emptyState, type ServiceState } from "./state.ts";

const ended = { phase: "done", at: "2026-01-01T00:00:00.000Z" } as const;
const after = (sequence: number): ServiceState => ({
  ...emptyState,
  deploy: aDeploy(sequence),
  ended,
});

test("the first deploy that an instance reads is rolled", () => {
  expect(decide(emptyState, aDeploy(1))).toEqual({ act: "roll" });
});

test("a deploy that has ended on this instance is not rolled again when the watch wakes up", () => {
  expect(decide(after(3), aDeploy(3))).toEqual({ act: "nothing" });
});

test("a deploy that a killed agent left unfinished is rolled", () => {
  const { ended: _, ...unfinished } = after(3);
  expect(decide(unfinished, aDeploy(3))).toEqual({ act: "roll" });
});

test("a newer revision is rolled, also when it is a rollback to an older build", () => {
  const rollback = aDeploy(2, { revision: 4, kind: "rollback", at: "2026-01-01T00:04:00.000Z" });
  expect(decide(after(3), rollback)).toEqual({ act: "roll" });
});

test("after a snapshot was restored, the older deploy in it is ignored", () => {
  expect(decide(after(3), aDeploy(2))).toEqual({
    act: "ignore",
    why: expect.stringContaining("revision 2 of 2026-01-01T00:02:00.000Z is older than revision 3"),
  });
});

test("a deploy made after a restore is rolled, even when its revision was used before", () => {
  const later = aDeploy(9, { revision: 3 });
  expect(decide(after(3), later)).toEqual({ act: "roll" });
});

const yearAhead = "2027-01-01T00:00:00.000Z";

test.each([
  ["the next of its epoch", { revision: 5, epoch: "one" }, "roll"],
  ["of its epoch, made later, with a revision given before", { revision: 3, epoch: "one" }, "roll"],
  [
    "of its epoch, from a restored snapshot",
    { revision: 3, epoch: "one", at: before(4) },
    "ignore",
  ],
  ["the first of a Consul made anew", { revision: 1, epoch: "two" }, "roll"],
  [
    "of a Consul made anew, whose writer's clock is behind",
    { revision: 1, epoch: "two", at: before(9) },
    "roll",
  ],
  ["of a former Consul that was restored", { revision: 9, epoch: "zero", at: before(4) }, "ignore"],
  ["made in a former Consul after it was restored", { revision: 10, epoch: "zero" }, "roll"],
  ["of no epoch, older", { revision: 3, at: before(4) }, "ignore"],
] as const)("a deploy %s, %j, is decided correctly: %s", (_, differs, act) => {
  const state: ServiceState = {
    ...after(4),
    deploy: aDeploy(4, { epoch: "one" }),
    formerEpochs: ["zero"],
  };
  const desired = aDeploy(3, { at: "2026-01-01T00:30:00.000Z", ...differs });
  expect(decide(state, desired).act).toBe(act);
});

test("a writer's clock that was a year ahead delays neither the first deploy of a new Consul nor the next", () => {
  const wrong = aDeploy(9, { epoch: "one", at: yearAhead });
  const first = aDeploy(1, { epoch: "two" });
  const state = { ...emptyState, deploy: wrong, ended };
  expect(decide(state, first)).toEqual({ act: "roll" });
  expect(decide({ ...accept(state, first), ended }, aDeploy(2, { epoch: "two" }))).toEqual({
    act: "roll",
  });
});

test("a deploy of a former epoch is ignored, whatever its revision", () => {
  const first = aDeploy(1, { epoch: "one" });
  const second = aDeploy(2, { revision: 1, epoch: "two" });
  const state = accept(accept(emptyState, first), second);
  expect(decide({ ...state, ended }, aDeploy(1, { epoch: "one", revision: 7 })).act).toBe("ignore");
  expect(accept(state, first).formerEpochs).toEqual(["two"]);
});

/** The time some minutes before the known deploy was made. */
function before(minutes: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 4 - minutes)).toISOString();
}
