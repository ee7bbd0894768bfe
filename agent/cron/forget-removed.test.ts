import { expect, test } from "vitest";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import type { CronRun } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { aService, silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { forgetRemoved } from "./forget-removed.ts";

const nowMs = Date.parse("2026-02-01T00:00:00Z");
const daysAgo = (days: number) => new Date(nowMs - days * 86_400_000).toISOString();

test("a scheduled command that the cluster file no longer has is forgotten two days after its last time", async () => {
  const clock = simulatedClock(nowMs);
  const consul = memoryConsul(clock.sleep);
  const entry = { command: ["bin/clear"], at: "daily", timeoutSeconds: 60 };
  const service = aService({ cron: { kept: entry } });
  const put = (name: string, days: number, run: Partial<CronRun> = {}, value: object = {}) => {
    const at = daysAgo(days);
    const ran = { scheduledFor: at, startedAt: at, instance: "web-1", environmentId: "1" };
    const of = { ...ran, release: "web-1-ccccccc", phase: "failed", endedAt: at, ...run };
    consul.put(keys.cron("web", name), JSON.stringify({ schema: 2, run: of, ...value }));
  };
  put("kept", 30);
  put("renamed", 3);
  put("renamed-today", 1);
  put("long", 3, { endedAt: daysAgo(1) });
  put("cut", 3, { phase: "running", endedAt: undefined });
  put("of-newer-agents", 3, {}, { schema: 3 });
  put("left-out", 3, {}, { misfire: { scheduledFor: daysAgo(1), why: "its run had not ended" } });
  consul.put(keys.cron("other", "renamed"), consul.text(keys.cron("web", "renamed")) ?? "");

  void forgetRemoved({ service, consul, clock, log: silentLog });
  await clock.run(clock.sleep(1000));

  const left = (await consul.names("rollouts/web/")).sort();
  const names = ["kept", "left-out", "long", "of-newer-agents", "renamed-today"];
  expect(left).toEqual(names.map((name) => `cron-${name}`));
  expect(await consul.names("rollouts/other/")).toEqual(["cron-renamed"]);
});
