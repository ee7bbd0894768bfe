import { expect, test } from "vitest";
import type { InstanceRollout } from "../../protocol/documents.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { emptyState } from "../core/state.ts";
import { systemClock as clock } from "../linux/clock.ts";
import { aDeploy, aService } from "../testing/builders.ts";
import { rollStatus } from "./roll-status.ts";
import type { StatusWriter } from "./status-writer.ts";

/** The report of a service with a singleton. */
function reportOf(differs: Partial<ServiceFile> = {}): InstanceRollout {
  const kinds = { web: { count: 1, ping: "/ping" }, clock: { count: 1, singleton: true } } as const;
  const { instance } = rollStatus({
    service: aService({ kinds, processes: 2, ...differs }),
    deploy: aDeploy(1),
    instance: "web-1",
    clock,
    journal: { current: () => emptyState, change: async () => {} },
    statusWriter: {
      show: () => {},
    } as never as StatusWriter,
    health: { restartsOf: () => ({ restarts: 0, lastExit: "" }) },
  });
  return instance({});
}

test("a report says of which processes one runs in the whole fleet, and nothing of the others", () => {
  const { processes } = reportOf();
  expect(processes).toMatchObject({ 1: { kind: "web" }, 2: { kind: "clock", singleton: true } });
  expect(processes["1"]).not.toHaveProperty("singleton");
});

test("a report says when scheduled commands run, and nothing where there are none", () => {
  const nightly = { command: ["bin/clear"], at: "03:00", timeoutSeconds: 60 };
  expect(reportOf()).not.toHaveProperty("cron");
  expect(reportOf({ cron: { nightly } }).cron).toEqual({ nightly: { at: "03:00" } });
  const timeZone = "Europe/Berlin";
  expect(reportOf({ cron: { nightly }, timeZone }).cron).toEqual({
    nightly: { at: "03:00", timeZone },
  });
});
