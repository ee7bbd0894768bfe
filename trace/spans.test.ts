import * as conventions from "@opentelemetry/semantic-conventions/incubating";
import { expect, test } from "vitest";
import { aRoll, aTracedDeploy, at, step } from "../protocol/testing/rolled.ts";
import { formatTraceparent, ownTraceparent, traceOf } from "../protocol/traceparent.ts";
import { attribute } from "./attributes.ts";
import {
  rolloutSpan,
  rolloutSpans,
  rollSpans,
  type Span,
  spanIdBefore,
  spansBefore,
} from "./spans.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const announced = (spanId: string) => formatTraceparent({ traceId, spanId, isSampled: true });

/** A deploy as the announce function writes it with tracing on. */
const built = aTracedDeploy();
const deploy = aTracedDeploy({
  traceparent: announced(spanIdBefore(traceId, built, "announce")),
});
const done = { phase: "done", endedAt: at(8.1) } as const;

const wholeTrace = (): Span[] => [
  ...spansBefore("staging", deploy),
  rolloutSpan("staging", deploy, done),
  ...rollSpans("staging", deploy, aRoll()),
  ...rollSpans("staging", deploy, aRoll({ instance: "web-2" })),
];

const orphans = (spans: readonly Span[]) => {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.filter(({ parentId }) => parentId !== undefined && !ids.has(parentId));
};
const roots = (spans: readonly Span[]) => spans.filter(({ parentId }) => parentId === undefined);
const find = (spans: readonly Span[], name: string) => spans.find((span) => span.name === name);

test("all spans from the build to the last step form one trace with one root and no orphan", () => {
  const spans = wholeTrace();
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  expect(roots(spans).map(({ name }) => name)).toEqual(["build"]);
  expect(orphans(spans)).toEqual([]);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  expect([...new Set(spans.map(({ name }) => name))]).toEqual([
    ...["build", "upload", "announce", "rollout", "roll", "prepare", "slot", "process"],
    ...["start", "probe", "open", "drain", "stop"],
  ]);
});

test("a rollout's span ends after its watch and has the time when everything served", () => {
  const span = rolloutSpan("staging", deploy, { ...done, servedAt: at(6) });
  expect(span.endMs).toBe(Date.parse(at(8.1)));
  expect(span.attributes["shoestring.served_at"]).toBe(at(6));
});

test("the span of a watch is a child of its rollout, from when everything served to the end", () => {
  const [rollout, watch] = rolloutSpans("staging", deploy, { ...done, servedAt: at(6) });
  expect(rollout).toEqual(rolloutSpan("staging", deploy, { ...done, servedAt: at(6) }));
  expect(watch).toMatchObject({
    ...{ name: "watch", parentId: rollout?.spanId, traceId },
    ...{ startMs: Date.parse(at(6)), endMs: Date.parse(at(8.1)) },
  });
  expect(rolloutSpans("staging", deploy, done)).toHaveLength(1);
});

test("programs that describe the same thing give it the same ids", () => {
  expect(wholeTrace()).toEqual(wholeTrace());
});

test("a deploy that no build began has a trace of its own, with the rollout as its root", () => {
  const { steps, ...rest } = aTracedDeploy({ kind: "restart" });
  for (const traceparent of [ownTraceparent(rest), undefined]) {
    const restart = { ...rest, traceparent };
    const spans = [
      rolloutSpan("staging", restart, done),
      ...rollSpans("staging", restart, aRoll()),
    ];
    expect(roots(spans).map(({ name }) => name)).toEqual(["rollout"]);
    expect(orphans(spans)).toEqual([]);
    expect(traceOf(restart)).toEqual(traceOf(rest));
  }
});

test("every span lies within its parent, and together they leave no gap", () => {
  const spans = wholeTrace().filter(({ resource }) => resource["host.name"] !== "web-2");
  const rollout = find(spans, "rollout") as Span;
  expect([rollout.startMs, rollout.endMs]).toEqual([at(3), at(8.1)].map(Date.parse));
  const roll = find(spans, "roll") as Span;
  for (const part of spans.filter(({ parentId }) => parentId === roll.spanId)) {
    expect(part.startMs).toBeGreaterThanOrEqual(roll.startMs);
    expect(part.endMs).toBeLessThanOrEqual(roll.endMs);
  }
  const steps = spans.filter(({ name }) => !["rollout", "roll", "process"].includes(name));
  const sum = steps.reduce((ms, { startMs, endMs }) => ms + endMs - startMs, 0);
  expect(sum).toBe(8000);
});

test("spans name the service, the deploy and the host with the semantic conventions", () => {
  const spans = wholeTrace();
  expect(find(spans, "probe")).toMatchObject({
    resource: {
      "service.name": "web",
      "service.version": "web-7-aaaaaaa",
      "deployment.environment.name": "staging",
      "host.name": "web-1",
    },
    attributes: {
      "deployment.id": "web/3",
      "deployment.name": "web-7-aaaaaaa",
      "service.instance.id": "web-1/1",
      "vcs.ref.head.revision": "a".repeat(40),
    },
  });
  expect(find(spans, "rollout")?.attributes).toMatchObject({ "deployment.status": "succeeded" });
});

test("every attribute name is in the conventions' package", () => {
  const known = new Set(Object.values(conventions).filter((value) => typeof value === "string"));
  for (const word of Object.values(attribute)) expect(known).toContain(word);
});

test("a failure has its reason in every span from the step up to the rollout", () => {
  const [process] = Object.values(aRoll().processes);
  const why = "it answered 500";
  const failed = aRoll({
    phase: "failed",
    error: `process 1 of web did not get web-7-aaaaaaa: ${why}`,
    processes: {
      "1": {
        ...process,
        release: "web-6-bbbbbbb",
        phase: "failed",
        since: at(8),
        error: why,
        steps: [step("start", 4.5, 0.1), step("probe", 4.6, 3, why), step("undo", 7.6, 0.2)],
      },
    },
  });
  const spans = [
    rolloutSpan("staging", deploy, { phase: "failed", endedAt: at(8) }, failed.error),
    ...rollSpans("staging", deploy, failed),
  ];
  const errors = spans.map(({ name, error }) => [name, error]);
  expect(errors).toContainEqual(["probe", why]);
  expect(errors).toContainEqual(["process", why]);
  expect(errors).toContainEqual(["roll", failed.error]);
  expect(errors).toContainEqual(["rollout", failed.error]);
  expect(errors).toContainEqual(["start", undefined]);
  expect(find(spans, "rollout")?.attributes["deployment.status"]).toBe("failed");
});

test("a report of an older agent, without steps, gives a roll without children", () => {
  const { steps, ...report } = aRoll({
    processes: { "1": { release: "web-7-aaaaaaa", phase: "serving", since: at(8) } },
  });
  expect(rollSpans("staging", deploy, report).map(({ name }) => name)).toEqual(["roll"]);
});
