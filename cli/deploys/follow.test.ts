import { describe, expect, test } from "vitest";
import { nextDeploy } from "../../protocol/deploys.ts";
import { Deploy, formatDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { aRelease, commandLine } from "../testing/command-line.ts";

test("--wait shows each change once, with a bar, and ends with 0 when the rollout is done", async () => {
  const { shoestring, says, announce, deploy, rollout, report, consul } = commandLine();
  await announce(7);
  consul.nodes("web", ["web-1", "web-2"]);
  const restarted = shoestring("restart", "web", "--wait");
  await says("announced");
  rollout(deploy(), "canary");
  await says("(restart, revision 2): canary");
  report(deploy(), "rolling");
  await says("web-1: rolling");
  report(deploy(), "done");
  await says("web-1: done");
  rollout(deploy(), "rolling");
  await says("(restart, revision 2): rolling");
  report(deploy(), "done", undefined, { instance: "web-2" });
  rollout(deploy(), "done");

  const { code, err } = await restarted;

  expect(code).toBe(0);
  expect(err.split("\n")).toEqual([
    "web-7-aaaaaaa (restart, revision 2): announced",
    "web-7-aaaaaaa (restart, revision 2): canary",
    "web-1: rolling  [--------------------] 0/2",
    "web-1: done  [##########----------] 1/2",
    "web-7-aaaaaaa (restart, revision 2): rolling  [##########----------] 1/2",
    "web-2: done  [####################] 2/2",
    "web-7-aaaaaaa (restart, revision 2): done  [####################] 2/2",
  ]);
});

test("--wait tells of a process that had to be killed at its stop, once", async () => {
  const { shoestring, says, announce, deploy, rollout, report, consul } = commandLine();
  await announce(7);
  consul.nodes("web", ["web-1"]);
  const restarted = shoestring("restart", "web", "--wait");
  await says("announced");
  report(deploy(), "rolling");
  await says("web-1: rolling");
  report(deploy(), "rolling", undefined, { killed: 1, killedAfterSeconds: 5 });
  await says("killed");
  report(deploy(), "done", undefined, { killed: 1, killedAfterSeconds: 5 });
  rollout(deploy(), "done");

  const { code, err } = await restarted;

  expect(code).toBe(0);
  expect(err.match(/killed.*/g)).toEqual([
    expect.stringMatching(/^killed after 5 s: it had not stopped {2}\[/),
  ]);
  expect(err).toContain("web-1: 1 process was killed after 5 s");
});

test("--wait --json prints one document a line, and the last one says how the rollout ended", async () => {
  const { shoestring, says, announce, deploy, rollout, report } = commandLine();
  await announce(7);
  const restarted = shoestring("restart", "web", "--wait", "--json");
  await says("announced");
  report(deploy(), "failed", "process 1 answered 500");
  rollout(deploy(), "halted");

  const { code, out, err } = await restarted;

  expect(code).toBe(1);
  const documents = out.split("\n").map((line) => JSON.parse(line));
  expect(documents.map((it) => [it.event, it.phase ?? it.outcome ?? it.kind])).toEqual([
    ["deploy", "restart"],
    ["rollout", "announced"],
    ["instance", "failed"],
    ["rollout", "halted"],
    ["outcome", "halted"],
  ]);
  expect(documents.at(-1)).toMatchObject({ service: "web", revision: 2, release: "web-7-aaaaaaa" });
  expect(err).toContain("failed: web-7-aaaaaaa is halted: web-1: process 1 answered 500");
});

test("--wait shows that a rollout is paused, by whom, and when it is resumed", async () => {
  const { shoestring, says, announce, deploy, rollout } = commandLine();
  await announce(7);
  await shoestring("pause", "web", "--reason", "look at the canary");
  const restarted = shoestring("restart", "web", "--wait");
  await says("paused by alice");
  await shoestring("resume", "web");
  rollout(deploy(), "done");

  const { code, err } = await restarted;

  expect(code).toBe(0);
  expect(err.split("\n").slice(1)).toEqual([
    "paused by alice: look at the canary",
    "resumed",
    "web-7-aaaaaaa (restart, revision 2): done",
  ]);
});

test("--wait ends with 1 when the deploy was rolled back, and names the release it went back to", async () => {
  const { shoestring, says, announce, deploy, rollout, good } = commandLine();
  good(await announce(7));
  await announce(8);
  const restarted = shoestring("restart", "web", "--wait");
  await says("announced");
  const mine = deploy();
  await shoestring("rollback", "web", "--reason", "8 is slow");
  rollout(mine, "halted");

  const { code, err } = await restarted;

  expect(code).toBe(1);
  expect(err).toContain(
    "failed: web-8-aaaaaaa is halted; it is being rolled back to web-7-aaaaaaa by alice (revision 4): 8 is slow",
  );
  expect(err).toContain(
    "next: shoestring status web; when the cause is gone: shoestring unhold web",
  );
});

test.each(["failed", "halted"] as const)("--wait ends with 1 when it is %s", async (phase) => {
  const { shoestring, says, announce, deploy, rollout, report, good } = commandLine();
  good(await announce(6));
  await announce(7);
  const restarted = shoestring("restart", "web", "--wait");
  await says("announced");
  report(deploy(), "failed", "process 1 answered 500");
  rollout(deploy(), phase);

  const { code, err } = await restarted;

  expect(code).toBe(1);
  expect(err).toContain(`failed: web-7-aaaaaaa is ${phase}: web-1: process 1 answered 500`);
  expect(err).toContain("next: shoestring status web; back with: shoestring rollback web");
});

test("--wait of a first deploy that failed names no rollback, as nothing was good, but the hold and a restart", async () => {
  const { shoestring, says, announce, deploy, rollout, report } = commandLine();
  await announce(7);
  const restarted = shoestring("restart", "web", "--wait");
  await says("announced");
  await shoestring("hold", "web", "--reason", "a person is needed", "--by", "agent of web-1");
  report(deploy(), "failed", "the secret ssm:/a cannot be read");
  rollout(deploy(), "failed");

  const { code, err } = await restarted;

  expect(code).toBe(1);
  expect(err).toContain(
    "next: shoestring status web; web is held; when the cause is gone: shoestring restart web --wait; for another release: shoestring unhold web, then push it",
  );
});

test("--wait of a deploy whose step before failed says that no process was touched, and what the step may have done", async () => {
  const { shoestring, says, announce, deploy, rollout, report, consul } = commandLine();
  await announce(7);
  const restarted = shoestring("restart", "web", "--wait");
  await says("announced");
  const { revision, release } = deploy();
  const step = { schema: 2, revision, release: release.id, instance: "web-1", phase: "failed" };
  const startedAt = "2026-01-01T00:00:00.000Z";
  consul.put(keys.before("web"), JSON.stringify({ ...step, startedAt }));
  report(deploy(), "failed", "the step before web-7-aaaaaaa (bin/migrate) failed");
  rollout(deploy(), "failed");

  const { err } = await restarted;

  expect(err).toContain(
    "unchanged: no process was touched; the step before the release may have done a part of its work",
  );
  expect(err).toContain("when the cause is gone: shoestring restart web --wait; for another");
  expect(err).not.toContain("is held");
});

test("--wait of a rollback that is done ends with its hold and how to lift it, in place of an agent's", async () => {
  const { shoestring, says, announce, deploy, rollout, good } = commandLine();
  good(await announce(7));
  await announce(8);
  await shoestring("hold", "web", "--reason", "8 failed", "--by", "agent of web-1");
  const back = shoestring("rollback", "web", "--wait", "--reason", "v2 is wrong");
  await says("announced");
  rollout(deploy(), "done");

  const { code, err } = await back;

  expect(code).toBe(0);
  expect(err.split("\n").at(-1)).toBe(
    "web is held by alice: v2 is wrong; when the cause is gone: shoestring unhold web",
  );
});

test("--wait ends with 1 when a newer deploy takes over", async () => {
  const { shoestring, says, announce, deploy, rollout } = commandLine();
  await announce(7);
  const restarted = shoestring("restart", "web", "--wait");
  await says("announced");
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

test("--wait survives a short Consul outage", async () => {
  const { shoestring, says, announce, deploy, rollout, consul } = commandLine();
  await announce(7);
  const restarted = shoestring("restart", "web", "--wait");
  await says("announced");
  consul.away(true);
  await says("Consul is away");
  consul.away(false);
  rollout(deploy(), "done");

  const { code, err } = await restarted;

  expect(code).toBe(0);
  expect(err).toContain("Consul is away; waiting for it");
});

test("--wait shows drained instances, why the others wait, and why the rollout halted", async () => {
  const { shoestring, says, announce, deploy, rollout, report, consul } = commandLine();
  await announce(7);
  consul.nodes("web", ["web-1", "web-2"]);
  await shoestring("drain", "web-2", "--reason", "a disk");
  const restarted = shoestring("restart", "web", "--wait");
  await says("web-2 is drained by");
  report(deploy(), "waiting", undefined, { waitsFor: "web-2 to be undrained" });
  await says("web-1: waiting");
  await shoestring("undrain", "web-2");
  await says("web-2 is drained no more");
  rollout(deploy(), "halted", { reason: "no progress for 600 s; web-1 is waiting" });

  const { code, err } = await restarted;

  expect(code).toBe(1);
  expect(err).toMatch(/web-2 is drained by alice until .*: a disk \(it counts as unavailable\)/);
  expect(err).toContain("web-1: waiting for web-2 to be undrained");
  expect(err).toContain("web-2 is drained no more");
  expect(err).toContain("is halted: no progress for 600 s; web-1 is waiting");
});

describe("--wait and the watch", () => {
  const watched = (deploy: Deploy) => {
    const servedAt = Date.parse(deploy.at) + 6100;
    return {
      servedAt: new Date(servedAt).toISOString(),
      watchedUntil: new Date(servedAt + 60_000).toISOString(),
    };
  };
  const serves = /\(restart, revision 2\): serves after 6\.1 s, watched until 00:01:\d\d UTC/;

  test("--wait shows when everything serves and until when it is watched, and ends when the watch is over", async () => {
    const { shoestring, says, announce, deploy, rollout } = commandLine();
    await announce(7);
    const restarted = shoestring("restart", "web", "--wait");
    await says("announced");
    rollout(deploy(), "watching", watched(deploy()));
    await says("serves after");
    rollout(deploy(), "done", watched(deploy()));

    const { code, err } = await restarted;

    expect(code).toBe(0);
    expect(err.split("\n").slice(1)).toEqual([
      expect.stringMatching(serves),
      "web-7-aaaaaaa (restart, revision 2): done",
    ]);
  });

  test.each([
    ["--wait serving", ["restart", "web", "--wait", "serving"]],
    ["--wait=serving", ["restart", "--wait=serving", "web"]],
  ])("%s ends with 0 when everything serves, and does not mention the watch", async (_, argv) => {
    const { shoestring, says, announce, deploy, rollout } = commandLine();
    await announce(7);
    const restarted = shoestring(...argv);
    await says("announced");
    rollout(deploy(), "watching", watched(deploy()));

    const { code, err } = await restarted;

    expect(code).toBe(0);
    expect(err.split("\n").at(-1)).toMatch(serves);
  });

  test("--wait serving --json prints both times, and the outcome serving", async () => {
    const { shoestring, says, announce, deploy, rollout } = commandLine();
    await announce(7);
    const restarted = shoestring("restart", "web", "--json", "--wait", "serving");
    await says("announced");
    rollout(deploy(), "watching", watched(deploy()));
    const documents = (await restarted).out.split("\n").map((line) => JSON.parse(line));
    expect(documents.slice(-2)).toMatchObject([
      { event: "rollout", phase: "watching", ...watched(deploy()) },
      { event: "outcome", outcome: "serving" },
    ]);
  });

  test("a service named serving is not taken for the value of --wait", async () => {
    const { shoestring, says, announce, deploy, rollout, consul } = commandLine();
    await announce(7, "serving");
    consul.nodes("serving", ["web-1"]);
    const restarted = shoestring("restart", "--wait", "serving");
    await says("announced");
    rollout(deploy("serving"), "done");
    expect((await restarted).code).toBe(0);
    expect(deploy("serving").kind).toBe("restart");
  });

  test("a failure in the watch does not claim that no request was lost", async () => {
    const { shoestring, says, announce, deploy, rollout, report } = commandLine();
    await announce(7);
    const restarted = shoestring("restart", "web", "--wait");
    await says("announced");
    report(deploy(), "failed", "process 1 restarted by itself: it exited with status 1");
    rollout(deploy(), "failed", watched(deploy()));
    const { code, err } = await restarted;
    expect(code).toBe(1);
    expect(err).toContain("is failed: web-1: process 1 restarted by itself");
    expect(err).not.toContain("no request was lost");
  });
});

test("an agent's rollback is reported once, with its failure, even if the follower saw the rollback first", async () => {
  const { shoestring, says, announce, deploy, rollout, report, consul } = commandLine();
  await announce(7);
  const restarted = shoestring("restart", "web", "--wait");
  await says("announced");
  const mine = deploy();
  report(mine, "failed", "process 1 answered 500");
  await says("web-1: failed");
  // The failure and the rollback are one transaction; the follower reads the deploy just after it.
  const get = consul.get.bind(consul);
  consul.get = async (key, ...wait) => {
    if (key === keys.deploy("web") && deploy().revision === 2) {
      consul.get = get;
      const rollback = nextDeploy(
        mine,
        {
          ...{ service: "web", kind: "rollback", release: aRelease(6), by: "agent of web-1" },
          reason: "web-7-aaaaaaa failed: web-1: process 1 answered 500",
        },
        new Date("2026-01-01T01:00:00Z"),
      );
      consul.put(key, formatDocument(Deploy, key, rollback));
      rollout(mine, "failed");
    }
    return get(key, ...wait);
  };

  const { code, err } = await restarted;

  expect(code).toBe(1);
  expect(err).toContain(
    "failed: web-7-aaaaaaa failed: web-1: process 1 answered 500; it is being rolled back to web-6-aaaaaaa by agent of web-1 (revision 3)\n",
  );
  expect(err).not.toContain("has not ended");
});

test("Ctrl-C reports that the deploy goes on and where to look, and --json that it has not ended", async () => {
  const acts = new Set<() => void>();
  const onInterrupt = (act: () => void) => {
    acts.add(act);
    return () => void acts.delete(act);
  };
  const { shoestring, says, announce, deploy, rollout } = commandLine(undefined, { onInterrupt });
  await announce(7);
  const restarted = shoestring("restart", "web", "--wait", "--json");
  await says("announced");
  for (const act of acts) act();
  await says("the deploy goes on without anybody waiting; see: shoestring status web");
  await says('"outcome":"not ended"');
  rollout(deploy(), "done");
  await restarted;
  expect(acts.size).toBe(0);
});
