import { expect, test } from "vitest";
import type { Deploy, InstanceRollout, ProcessPhase } from "./documents.ts";
import { countDone } from "./done-processes.ts";
import { releaseId } from "./releases.ts";

const second = (n: number) => `2026-01-01T00:00:0${n}.000Z`;
const [older, newer] = [7, 8].map((sequence) =>
  releaseId({ service: "web", sequence, commit: String(sequence).repeat(40) }),
) as [string, string];

const aDeploy = (kind: Deploy["kind"]) => ({ kind, release: { id: newer } }) as Deploy;

type Process = readonly [release: string, phase: ProcessPhase, since?: string];

/** A roll that began in the second second. */
function aReport(
  processes: readonly Process[],
  differs: Partial<InstanceRollout> = {},
): InstanceRollout {
  const reports = processes.map(([release, phase, since = second(5)], i) => [
    String(i + 1),
    { release, phase, since },
  ]);
  return {
    ...{ schema: 2, instance: "web-1", service: "web", revision: 8, connectionsCut: 0 },
    ...{ phase: "rolling", seenAt: second(1), startedAt: second(2) },
    processes: Object.fromEntries(reports),
    ...differs,
  };
}

test("processes whose front port the new release serves are done, also while the old ones retire", () => {
  const report = aReport([
    [newer, "serving"],
    [newer, "draining"],
    [newer, "stopping"],
    [older, "probing"],
    [older, "serving"],
  ]);
  expect(countDone(aDeploy("release"), report)).toBe(3);
});

test("a process that is out or has failed is not done", () => {
  const report = aReport([
    [newer, "out"],
    [newer, "failed"],
  ]);
  expect(countDone(aDeploy("release"), report)).toBe(0);
});

test("a restart counts only processes that serve since the instance began its roll", () => {
  const report = aReport([
    [newer, "serving"],
    [newer, "serving", second(1)],
    [newer, "draining"],
  ]);
  expect(countDone(aDeploy("restart"), report)).toBe(1);
});

test("no process of an instance that has not begun is done, whatever it runs", () => {
  const report = aReport([[newer, "serving"]], { phase: "waiting", startedAt: undefined });
  expect(countDone(aDeploy("rollback"), report)).toBe(0);
});

test("every process of an instance that is done is done", () => {
  const report = aReport([[newer, "serving", second(1)]], { phase: "done" });
  expect(countDone(aDeploy("restart"), report)).toBe(1);
});
