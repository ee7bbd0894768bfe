import { expect, test } from "vitest";
import type { InstanceRollout } from "../../protocol/documents.ts";
import { emptyState } from "../core/state.ts";
import { systemClock as clock } from "../linux/clock.ts";
import { aDeploy, aService } from "../testing/builders.ts";
import { rollStatus } from "./roll-status.ts";
import type { StatusWriter } from "./status-writer.ts";

test("a report says of which processes one runs in the whole fleet, and nothing of the others", () => {
  const shown: InstanceRollout[] = [];
  const kinds = { web: { count: 1, ping: "/ping" }, clock: { count: 1, singleton: true } } as const;
  const { instance } = rollStatus({
    service: aService({ kinds, processes: 2 }),
    deploy: aDeploy(1),
    instance: "web-1",
    clock,
    journal: { current: () => emptyState, change: async () => {} },
    statusWriter: {
      show: (report: InstanceRollout) => shown.push(report),
    } as never as StatusWriter,
    health: { restartsOf: () => ({ restarts: 0, lastExit: "" }) },
  });
  instance({});
  expect(shown[0]?.processes).toMatchObject({
    1: { kind: "web" },
    2: { kind: "clock", singleton: true },
  });
  expect(shown[0]?.processes["1"]).not.toHaveProperty("singleton");
});
