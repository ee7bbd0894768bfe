import { expect, test } from "vitest";
import { keys } from "../../protocol/keys.ts";
import { commandLine } from "../testing/command-line.ts";

test("status shows the desired release, the hold, each process and its failure", async () => {
  const { shoestring, announce, rollout, report } = commandLine();
  const deploy = await announce(7);
  rollout(deploy, "failed");
  report(deploy, "failed", "process 1 answered 500");
  await shoestring("hold", "web", "--reason", "broken");

  const { code, out } = await shoestring("status", "web", "--cluster", "staging");

  expect(code).toBe(0);
  expect(out).toContain("web in staging: web-7-aaaaaaa, release by ci, revision 1");
  expect(out).toContain("held by alice: broken");
  expect(out).toMatch(/web-1 +failed +1 +web-7-aaaaaaa +serving/);
  expect(out).toContain("web-1: process 1 answered 500");
});

test("status names the kind of each process, where the service has several", async () => {
  const { shoestring, announce, rollout, report } = commandLine();
  const deploy = await announce(7);
  rollout(deploy, "rolling");
  const now = { release: deploy.release.id, phase: "serving", since: deploy.at } as const;
  report(deploy, "rolling", undefined, {
    processes: { 1: { ...now, kind: "web" }, 2: { ...now, kind: "worker" } },
  });
  const { out } = await shoestring("status", "web");
  expect(out).toMatch(/ 1 web +web-7-aaaaaaa +serving/);
  expect(out).toMatch(/ 2 worker +web-7-aaaaaaa +serving/);
});

test("status shows which instance runs a singleton, by its lease, and that the others stand by", async () => {
  const { shoestring, announce, rollout, report, consul } = commandLine();
  const deploy = await announce(7);
  rollout(deploy, "done");
  const now = { release: deploy.release.id, phase: "serving", since: deploy.at } as const;
  const processes = {
    1: { ...now, kind: "web" },
    2: { ...now, kind: "clock", singleton: true as const },
  };
  for (const instance of ["web-1", "web-2"])
    report(deploy, "done", undefined, { instance, processes });
  const session = await consul.createSession("a lease", 30);
  const key = keys.singleton("web", "clock");
  await consul.write([{ verb: "lock", key, value: "web-2", session }]);

  const { out } = await shoestring("status", "web");
  expect(out).toMatch(/web-1 +done +1 web +web-7-aaaaaaa +serving/);
  expect(out).toMatch(/web-1 +done +2 clock +web-7-aaaaaaa +standby/);
  expect(out).toMatch(/web-2 +done +2 clock +web-7-aaaaaaa +serving/);
  expect(out).not.toContain("no instance runs");
  const json = JSON.parse((await shoestring("status", "web", "--json")).out);
  expect(json.singletons).toEqual({ clock: "web-2" });

  await consul.destroySession(session);
  const free = (await shoestring("status", "web")).out;
  expect(free).not.toMatch(/ clock .* serving/);
  expect(free).toContain("no instance runs clock: nobody holds its lease");
});

test("status shows a kind that was a singleton once as serving everywhere", async () => {
  const { shoestring, announce, report, consul } = commandLine();
  const deploy = await announce(7);
  consul.put(keys.singleton("web", "clock"), "web-2");
  const now = { release: deploy.release.id, phase: "serving", since: deploy.at } as const;
  report(deploy, "done", undefined, { processes: { 1: { ...now, kind: "clock" } } });
  expect((await shoestring("status", "web")).out).toMatch(/ 1 clock +web-7-aaaaaaa +serving/);
});

test("status shows a canary, a pause, and the drained instances of the service", async () => {
  const { shoestring, announce, rollout, consul, pass } = commandLine();
  rollout(await announce(7), "canary");
  consul.nodes("web", ["web-1", "web-2"]);
  await shoestring("pause", "web", "--reason", "a look at it");
  await shoestring("drain", "web-2", "--reason", "a disk", "--for", "1h");
  await shoestring("drain", "api-1", "--reason", "another service's", "--force");

  const { out } = await shoestring("status", "web");
  const json = JSON.parse((await shoestring("status", "web", "--json")).out);

  expect(out).toContain(": canary");
  expect(out).toContain("paused by alice: a look at it");
  expect(out).toMatch(/web-2 is drained by alice until 2026-01-01T01:00:\d\d.000Z: a disk/);
  expect(out).not.toContain("api-1");
  expect(json).toMatchObject({
    rollout: { phase: "canary" },
    pause: { by: "alice", reason: "a look at it" },
    drained: [{ instance: "web-2", reason: "a disk" }],
  });
  pass(2);
  expect((await shoestring("status", "web")).out).not.toContain("is drained");
});

test("status says what instances wait for, and why a rollout was halted", async () => {
  const { shoestring, announce, rollout, report } = commandLine();
  const deploy = await announce(7);
  rollout(deploy, "rolling");
  for (const instance of ["web-1", "web-3"]) {
    report(deploy, "waiting", undefined, { instance, waitsFor: "web-2 to be undrained" });
  }
  expect((await shoestring("status", "web")).out).toContain(
    "web-1, web-3 wait for web-2 to be undrained",
  );
  rollout(deploy, "halted", { reason: "no progress for 600 s" });
  const { out } = await shoestring("status", "web");
  expect(out).toContain("halted: no progress for 600 s");
  expect(out).not.toContain("wait for");
});

test("status says since when a watched release serves and until when it is watched", async () => {
  const { shoestring, announce, rollout } = commandLine();
  const servedAt = "2026-01-01T00:00:06.100Z";
  const watchedUntil = "2026-01-01T00:01:06.100Z";
  rollout(await announce(7), "watching", { servedAt, watchedUntil });
  expect((await shoestring("status", "web")).out).toContain(
    `: watching, serves since ${servedAt}, watched until ${watchedUntil}`,
  );
});

test("status counts how often a process restarted by itself, also after its rollout is done", async () => {
  const { shoestring, announce, rollout, report } = commandLine();
  const deploy = await announce(7);
  rollout(deploy, "done");
  const process = { release: deploy.release.id, phase: "serving", since: deploy.at } as const;
  const restarted = { ...process, restarts: 3, lastExit: "it exited with status 1" };
  report(deploy, "done", undefined, { processes: { "1": process, "2": restarted } });
  const { out } = await shoestring("status", "web");
  expect(out).toContain(
    "process 2 of web-1 restarted 3 times by itself on web-7-aaaaaaa; the last time it exited with status 1",
  );
  expect(out).not.toContain("process 1 of");
});

test("status counts the processes that had to be killed at their stop", async () => {
  const { shoestring, announce, rollout, report } = commandLine();
  const deploy = await announce(7);
  rollout(deploy, "done");
  report(deploy, "done", undefined, { killed: 2, killedAfterSeconds: 5 });
  expect((await shoestring("status", "web")).out).toContain(
    "web-1: 2 processes were killed after 5 s: they had not stopped",
  );
});

test("status names the instances whose state is larger than the cluster file says, and not what was long ago", async () => {
  const { shoestring, announce, rollout, consul, now } = commandLine();
  rollout(await announce(7), "done");
  const size = (minutesAgo: number) => ({
    ...{ mib: 640, maxMib: 512 },
    at: new Date(now().getTime() - minutesAgo * 60_000).toISOString(),
  });
  const instances = { "web-1": size(1), "web-2": size(120) };
  consul.put(keys.largeState("web"), JSON.stringify({ schema: 2, instances }));
  const { out } = await shoestring("status", "web");
  expect(out).toContain("web-1 keeps 640 MiB of state, more than its 512 MiB");
  expect(out).not.toContain("web-2 keeps");
  consul.put(keys.largeState("web"), "garbage");
  expect((await shoestring("status", "web")).code).toBe(0);
  expect((await shoestring("history", "web")).code).toBe(0);
});

test("status names instances that run something newer than the deploy, and how to go on", async () => {
  const { shoestring, announce, rollout, report } = commandLine();
  const deploy = await announce(7);
  rollout(deploy, "done");
  const runs = { revision: 9, release: "web-9-aaaaaaa", at: "2026-01-01T00:00:00.000Z" };
  report(deploy, "runs newer", undefined, { runs });
  expect((await shoestring("status", "web")).out).toContain(
    "web-1 runs what is newer: revision 9 of 2026-01-01T00:00:00.000Z, web-9-aaaaaaa. Consul was restored from an older snapshot; deploy what is meant: shoestring deploy web RELEASE-ID",
  );
});

test.each(["fetching", "waiting"] as const)(
  "status says what an instance waits for while it is %s",
  async (phase) => {
    const { shoestring, announce, rollout, report } = commandLine();
    const deploy = await announce(7);
    rollout(deploy, "rolling");
    report(deploy, phase, undefined, { waitsFor: "config/web/A, which cannot be read" });
    expect((await shoestring("status", "web")).out).toContain(
      "web-1 waits for config/web/A, which cannot be read",
    );
  },
);

test("status without a service shows all services", async () => {
  const { shoestring, announce } = commandLine();
  expect((await shoestring("status")).out).toBe("nothing is deployed");
  await announce(7, "web");
  await announce(3, "api");

  const all = JSON.parse((await shoestring("status", "--json")).out);

  expect(all.map(({ service }: { service: string }) => service)).toEqual(["api", "web"]);
});

test("history shows every deploy, the newest first, and how it ended", async () => {
  const { shoestring, announce, rollout } = commandLine();
  rollout(await announce(7), "done");
  await announce(8);
  await shoestring("restart", "web");

  const deploys = JSON.parse((await shoestring("history", "web", "--json")).out);

  expect(deploys.map((d: Record<string, unknown>) => [d.revision, d.kind, d.phase])).toEqual([
    [3, "restart", "announced"],
    [2, "release", "announced"],
    [1, "release", "done"],
  ]);
  expect((await shoestring("history", "web")).out.split("\n")).toHaveLength(4);
});

test("history counts the processes that had to be killed", async () => {
  const { shoestring, announce, rollout, report } = commandLine();
  const deploy = await announce(7);
  report(deploy, "done", undefined, { killed: 1 });
  report(deploy, "done", undefined, { instance: "web-2", killed: 2 });
  rollout(deploy, "done");
  expect((await shoestring("history", "web")).out).toContain("done, 3 killed");
  expect(JSON.parse((await shoestring("history", "web", "--json")).out)[0].killed).toBe(3);
});

test("a document of an unknown schema is named, not guessed", async () => {
  const { shoestring, consul } = commandLine();
  consul.put("deploys/web", '{"schema":3}');
  const status = await shoestring("status", "web");
  expect(status.code).toBe(0);
  expect(status.out).toContain("web in local: its deploy cannot be read");
  expect(status.out).toContain("deploys/web cannot be read: its schema is 3, this program knows 2");
  const restart = await shoestring("restart", "web");
  expect(restart.code).toBe(1);
  expect(restart.err).toContain("failed: the document deploys/web cannot be used: its schema is 3");
});
