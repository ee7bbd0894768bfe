import { expect, test } from "vitest";
import { nextDeploy } from "../../protocol/deploys.ts";
import { explore, firstBroken, type Rules, rules } from "../testing/fleet-model/index.ts";

test.each([
  [
    "an agent that was killed with its slot and has no more to do lets the session end",
    268_344_136,
  ],
  ["what becomes good just after a new instance began comes too late for it", 270_962_056],
  ["a watch ends and begins anew between two looks of an agent", 38_895_944],
  ["a rollback whose hold was lifted fails, and holds again, as a build is announced", 49_600_248],
])("the model holds in a case that was found by chance: %s", (_, found) => {
  expect(() => explore(found)).not.toThrow();
});

const { admit, chooseSlot, nextRollout, decide, rollbackPolicy } = rules;

const mistakes: readonly (readonly [string, Partial<Rules>, RegExp])[] = [
  ["a batch's transaction carries no proof of its slot", { provesSlot: false }, /rule [29]/],
  ["a batch's transaction carries no proof of the rollout", { provesRollout: false }, /rule/],
  [
    "nobody waits for the canary",
    {
      admit: (inputs, candidate) => {
        const { rollout } = inputs;
        if (rollout?.phase !== "canary") return admit(inputs, candidate);
        return admit({ ...inputs, rollout: { ...rollout, canary: undefined } }, candidate);
      },
    },
    /beside the canary/,
  ],
  [
    "a rollback that fails is rolled back",
    {
      rollbackPolicy: (failure, service, writer) => {
        const after = rollbackPolicy(failure, service, writer);
        const { current, good } = failure;
        if (after.act !== "hold" || !current || !good) return after;
        const desired = { ...good, kind: "rollback" } as const;
        return { act: "roll back", deploy: nextDeploy(current, desired, writer.at) };
      },
    },
    /loops/,
  ],
  [
    "a slot is taken as soon as its holder's session ended",
    {
      chooseSlot: (view, slots, service, us, boundMs) =>
        chooseSlot(view, slots, service, us, boundMs, () => Number.POSITIVE_INFINITY),
    },
    /roll at once/,
  ],
  [
    "an instance that came in the middle takes part",
    { admit: (inputs, candidate) => admit(inputs, { ...candidate, lateJoiner: false }) },
    /rule 10/,
  ],
  ["a new instance starts what is being rolled out", { startsGood: false }, /rule 10/],
  [
    "there is no progress deadline",
    {
      nextRollout: (view, service, elapsed, writer) =>
        nextRollout(view, service, { ...elapsed, stillMs: 0 }, writer),
    },
    /does not end/,
  ],
  ["an automatic deploy ignores the hold", { refusesHeld: false }, /rule 7/],
  [
    "an automatic deploy is written over a rollback that came after it looked for a hold",
    { comparesDeploy: false },
    /rule 7/,
  ],
  [
    "a drained instance does not count as unavailable",
    {
      chooseSlot: (view, ...asked) => chooseSlot({ ...view, drained: new Set() }, ...asked),
    },
    /rolls beside .*, drained/,
  ],
  [
    "whatever deploy differs from the known one is applied",
    {
      decide: (state, desired) =>
        state.deploy && state.deploy.at !== desired.at ? { act: "roll" } : decide(state, desired),
    },
    /older never overwrites newer/,
  ],
  [
    "the watch has no end",
    {
      nextRollout: (view, service, elapsed, writer) =>
        nextRollout(view, service, { ...elapsed, watchedMs: undefined }, writer),
    },
    /does not end: watching/,
  ],
  [
    "an agent that begins to look takes the watch to be over",
    {
      nextRollout: (view, service, elapsed, writer) =>
        nextRollout(view, service, { ...elapsed, watchedMs: 1e9 }, writer),
    },
    /before its watch is over/,
  ],
  [
    "what fails in the watch is overlooked",
    {
      nextRollout: (view, service, elapsed, writer) =>
        nextRollout(
          view.rollout?.phase === "watching" ? { ...view, reports: [] } : view,
          service,
          elapsed,
          writer,
        ),
    },
    /reported failed becomes good/,
  ],
  [
    "a failure does not change the rollout's document",
    { countsFailures: false },
    /reported failed becomes good/,
  ],
  [
    "whatever deploy is read is applied",
    { decide: (state, desired) => (state.ended ? { act: "roll" } : decide(state, desired)) },
    /does not end/,
  ],
];

test.each(mistakes)("the exploration finds the mistake when %s", (_, mistake, rule) => {
  expect(firstBroken({ ...rules, ...mistake }, 1, 20_000)).toMatch(rule);
});
