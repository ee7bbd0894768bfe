import { expect, test } from "vitest";
import { DocumentUnusable, type InstanceRollout } from "./documents.ts";
import { keys } from "./keys.ts";
import { parseReport, progressOf } from "./status.ts";

const report: InstanceRollout = {
  ...{
    schema: 2,
    instance: "web-1",
    service: "web",
    revision: 2,
    phase: "rolling",
    connectionsCut: 0,
  },
  seenAt: "2026-01-01T00:00:00.000Z",
  processes: {},
};

const entryOf = (key: string, document: InstanceRollout) => ({
  key,
  value: JSON.stringify(document),
  modifyIndex: 7,
});

const key = keys.rolloutInstance("web", 2, "web-1");

test.each([
  ["instance", { instance: "web-2" }, "rollouts/web/2/instances/web-2"],
  ["service", { service: "api" }, "rollouts/api/2/instances/web-1"],
  ["revision", { revision: 3 }, "rollouts/web/3/instances/web-1"],
])(
  "a report that names another %s than its key is listed as unreadable and left out",
  (_, differs, named) => {
    const wrong = entryOf(key, { ...report, ...differs });
    const right = { ...report, instance: "web-3" };

    expect(() => parseReport("web", 2, wrong)).toThrow(DocumentUnusable);
    expect(
      progressOf("web", 2, [wrong, entryOf(keys.rolloutInstance("web", 2, "web-3"), right)]),
    ).toEqual({
      rollout: undefined,
      instances: [right],
      unreadable: [`${key} cannot be read: it is the report ${named}`],
    });
  },
);

test.each([
  ["service", "api", 2],
  ["revision", "web", 3],
])("a report under the key of another %s is refused", (_, service, revision) => {
  expect(parseReport("web", 2, entryOf(key, report))).toEqual(report);
  expect(() => parseReport(service, revision, entryOf(key, report))).toThrow(DocumentUnusable);
});
