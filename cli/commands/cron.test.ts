import { expect, test } from "vitest";
import { keys } from "../../protocol/keys.ts";
import { commandLine } from "../testing/command-line.ts";

const failed = {
  ...{ scheduledFor: "2026-01-01T03:00:00.000Z", instance: "web-1", release: "web-1-ccccccc" },
  ...{ environmentId: "1", phase: "failed", startedAt: "2026-01-01T03:00:00.100Z" },
  ...{ endedAt: "2026-01-01T03:00:02.600Z", error: "it exited with status 3; its log: no table" },
};
const done = {
  ...failed,
  ...{ scheduledFor: "2026-01-02T03:00:00.000Z", instance: "web-2", phase: "done" },
  ...{ startedAt: "2026-01-02T03:00:00.100Z", endedAt: "2026-01-02T03:01:30.100Z" },
  error: undefined,
};
const misfire = { scheduledFor: "2026-01-01T04:00:00.000Z", why: "its run had not ended" };

test("cron shows the last run of each scheduled command, its last failure and the last time left out", async () => {
  const { shoestring, consul } = commandLine();
  const state = { schema: 2, run: done, failure: failed, misfire };
  consul.put(keys.cron("web", "nightly"), JSON.stringify(state));

  const { code, out } = await shoestring("cron", "web");
  expect(code).toBe(0);
  expect(out.split("\n").slice(1)).toEqual([
    "nightly            2026-01-02T03:00:00.000Z  web-2     web-1-ccccccc  90.0 s  done",
    `nightly of ${failed.scheduledFor} failed on web-1: ${failed.error}`,
    "nightly of 2026-01-01T04:00:00.000Z was left out: its run had not ended",
  ]);
  const json = JSON.parse((await shoestring("cron", "web", "--json")).out);
  expect(json).toMatchObject([{ name: "nightly", run: { phase: "done" }, misfire }]);
});

test("cron of a service that has run none says so, and garbage does not hide the others", async () => {
  const { shoestring, consul } = commandLine();
  expect((await shoestring("cron", "web")).out).toBe(
    "web has run no scheduled command, and no instance has told of one",
  );
  consul.put(keys.cron("web", "hourly"), "garbage");
  consul.put(keys.cron("web", "nightly"), JSON.stringify({ schema: 2, run: done }));
  const { out } = await shoestring("cron", "web");
  expect(out).toMatch(/nightly +2026-01-02T03:00:00.000Z/);
  expect(out).toContain("rollouts/web/cron-hourly cannot be used: it is not JSON");
});

test("cron shows a command that has not run yet with its next time, as the newest instance knows it", async () => {
  const { shoestring, announce, report, consul } = commandLine();
  const deploy = await announce(7);
  const at = { at: "03:00", timeZone: "Europe/Berlin" };
  report(deploy, "done", undefined, { cron: { gone: at } });
  const seenAt = "2026-01-01T00:01:00.000Z";
  const newer = { instance: "web-2", seenAt, cron: { nightly: at, report: { at: "*:0/5" } } };
  report(deploy, "done", undefined, newer);
  consul.put(keys.cron("web", "report"), JSON.stringify({ schema: 2, run: done }));

  const { out } = await shoestring("cron", "web");

  expect(out.split("\n")).toEqual([
    expect.stringMatching(/^command +at +next +last run +instance +release +took +ended$/),
    expect.stringMatching(/^nightly +03:00 Europe\/Berlin +2026-01-01T02:00:00.000Z +not yet$/),
    expect.stringMatching(
      /^report +\*:0\/5 +2026-01-01T00:05:00.000Z +2026-01-02T03:00:00.000Z +web-2 .* done$/,
    ),
  ]);
});

test("a scheduled command with any name is no deploy in the history", async () => {
  const { shoestring, consul } = commandLine();
  consul.put(keys.cron("web", "deploy"), JSON.stringify({ schema: 2, run: done }));
  expect((await shoestring("history", "web")).out).toBe("web was never deployed");
});

test("status tells of a scheduled command whose last run failed, and not of one that failed before", async () => {
  const { shoestring, consul, announce } = commandLine();
  await announce(7);
  const put = (run: object) => {
    const state = { schema: 2, run, failure: failed, misfire };
    consul.put(keys.cron("web", "nightly"), JSON.stringify(state));
  };
  put(failed);
  const told = `nightly of ${failed.scheduledFor} failed on web-1: ${failed.error}`;
  expect((await shoestring("status", "web")).out).toContain(told);
  put(done);
  expect((await shoestring("status", "web")).out).not.toContain("nightly");
});
