import { expect, test } from "vitest";
import type { CronRun } from "../../protocol/documents.ts";
import { aService } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { isOver } from "./attend.ts";

const run: CronRun = {
  ...{ scheduledFor: "2026-01-01T00:00:00.000Z", startedAt: "2026-01-01T00:00:00.100Z" },
  ...{ instance: "web-1", release: "web-1-ccccccc", environmentId: "1", phase: "running" },
};

test("a run elsewhere, of an older agent, is over when systemd has killed it: after its timeout and a slow stop", async () => {
  const clock = simulatedClock();
  const entry = { command: ["bin/clear"], at: "daily", timeoutSeconds: 60 };
  const service = aService({ stopTimeoutSeconds: 900 });
  const over = (instance: string, readSinceMs = 0) =>
    isOver({ instance, entry, service, clock }, run, readSinceMs);
  await clock.run(clock.sleep(1_015_000));
  expect(over("web-2")).toBe("no");
  await clock.run(clock.sleep(10_000));
  expect(over("web-2")).toBe("yes");
  expect(over("web-2", clock.monotonicMs() - 14_000)).toBe("soon");
  expect(over("web-1")).toBe("no");
});

test("a run elsewhere is over when its document says that it must have ended", async () => {
  const clock = simulatedClock();
  const job = { instance: "web-2", service: aService(), clock };
  const over = (timeoutSeconds: number) => {
    const entry = { command: ["bin/clear"], at: "daily", timeoutSeconds };
    return isOver({ ...job, entry }, { ...run, endsBy: "2026-01-01T00:10:00.000Z" }, 0);
  };
  await clock.run(clock.sleep(599_000));
  expect([over(1), over(3600)]).toEqual(["no", "no"]);
  await clock.run(clock.sleep(2000));
  expect([over(1), over(3600)]).toEqual(["yes", "yes"]);
});
