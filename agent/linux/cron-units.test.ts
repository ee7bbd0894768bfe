import { expect, test } from "vitest";
import { aService, silentLog } from "../testing/builders.ts";
import { cronUnits, startTimers } from "./cron-units.ts";

const nightly = { command: ["bin/clear"], at: "03:00", timeoutSeconds: 42 };
const service = aService({ cron: { nightly }, timeZone: "Europe/Berlin", user: "app-web" });

test("a scheduled command has a unit of its own, and its timer starts only what tells the agent", () => {
  const units = new Map(cronUnits(service));
  expect([...units.keys()]).toEqual([
    "shoestring-web@cron-nightly.service",
    "shoestring-web.cron-nightly.timer",
    "shoestring-web.mark-nightly.service",
  ]);
  const timer = units.get("shoestring-web.cron-nightly.timer");
  expect(timer).toContain("OnCalendar=03:00 Europe/Berlin\n");
  expect(timer).toContain("Unit=shoestring-web.mark-nightly.service\n");
  const run = units.get("shoestring-web@cron-nightly.service");
  expect(run).toContain("User=app-web\n");
  expect(run).toContain("TimeoutStartSec=42\n");
  expect(run).toContain("/srv/web/processes/cron-nightly/run");
});

test("a service without scheduled commands has no such unit", () => {
  expect(cronUnits(aService())).toEqual([]);
});

test("a timer that cannot be started does not keep the others from it", async () => {
  const started: string[] = [];
  const exec = async (_: string, args: readonly string[]) => {
    const unit = args.at(-1) ?? "";
    if (unit.includes("nightly")) throw new Error("bad unit");
    started.push(unit);
    return "";
  };
  const two = aService({ service: "api", cron: { hourly: nightly } });
  await startTimers([service, two], exec, silentLog);
  expect(started).toEqual(["shoestring-api.cron-hourly.timer"]);
});
