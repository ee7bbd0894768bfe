import { expect, test } from "vitest";
import { commandLine } from "./testing/command-line.ts";

/** Lets the command go on to its blocking read. */
const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

test("--wait shows each change once and ends with 0 when the rollout is done", async () => {
  const { shoestring, announce, deploy, rollout, report } = commandLine();
  await announce(7);
  const restarted = shoestring("restart", "web", "--wait");
  await soon();
  rollout(deploy(), "rolling");
  await soon();
  report(deploy(), "rolling");
  await soon();
  rollout(deploy(), "done");

  const { code, err } = await restarted;

  expect(code).toBe(0);
  const phases = err.split("\n").map((line) => line.replace(/^.*revision 2\): /, ""));
  expect(phases).toEqual(["announced", "rolling", "rolling, web-1 rolling", "done, web-1 rolling"]);
});

test.each(["failed", "halted"] as const)("--wait ends with 1 when it %s", async (phase) => {
  const { shoestring, announce, deploy, rollout, report } = commandLine();
  await announce(7);
  const restarted = shoestring("restart", "web", "--wait");
  await soon();
  report(deploy(), "failed", "process 1 answered 500");
  rollout(deploy(), phase);

  const { code, err } = await restarted;

  expect(code).toBe(1);
  expect(err).toContain(`failed: web-7-aaaaaaa is ${phase}: web-1: process 1 answered 500`);
  expect(err).toContain("next: shoestring status web; back with: shoestring rollback web");
});

test("--wait ends with 1 when a newer deploy takes over", async () => {
  const { shoestring, announce, deploy, rollout } = commandLine();
  await announce(7);
  const restarted = shoestring("restart", "web", "--wait");
  await soon();
  const { revision } = deploy();
  await announce(8);
  rollout({ ...deploy(), revision }, "rolling");

  const { code, err } = await restarted;

  expect(code).toBe(1);
  expect(err).toContain("revision 2 of web was replaced by revision 3 (release of web-8-aaaaaaa");
});

test("--wait ends with 1 at its deadline and says that the rollout goes on", async () => {
  const { shoestring, announce } = commandLine();
  await announce(7);
  const { code, err } = await shoestring("restart", "web", "--wait", "--timeout", "1");
  expect(code).toBe(1);
  expect(err).toContain("failed: the rollout has not ended after 1 s");
  expect(err).toContain("unchanged: it goes on without anybody waiting");
});

test("--wait outlasts a Consul that is away for a moment", async () => {
  const { shoestring, announce, deploy, rollout, consul } = commandLine();
  await announce(7);
  const restarted = shoestring("restart", "web", "--wait");
  await soon();
  consul.away(true);
  await soon();
  consul.away(false);
  rollout(deploy(), "done");

  const { code, err } = await restarted;

  expect(code).toBe(0);
  expect(err).toContain("Consul is away; waiting for it");
});
