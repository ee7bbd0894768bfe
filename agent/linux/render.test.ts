import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { shellWord } from "../release/store.ts";
import { aService, silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { closedFronts } from "./closed-fronts.ts";
import { readEnd } from "./ends.ts";
import type { Exec } from "./exec.ts";
import { isIntact, nftablesGate, renderTable } from "./nftables.ts";
import { renderDefaultSite } from "./nginx/default-site.ts";
import { renderSite } from "./nginx/service-site.ts";
import { controlGroup, endedByItself, renderUnit, unitState } from "./systemd.ts";

test("overlap: nginx keeps young connections to the processes, and one refusal bans no process", () => {
  const site = renderSite(aService());
  expect(site).toContain("server 127.0.0.1:8001 max_fails=0;");
  expect(site).toContain("server 127.0.0.1:8004 max_fails=0;");
  expect(site).toContain("keepalive 16;\n  keepalive_time 250ms;\n  keepalive_timeout 250ms;");
});

test("nginx logs a service's requests in its own format, only while a file exists", () => {
  const site = renderSite(aService({ service: "my-web" }));
  expect(site).toContain(
    "if (-f /run/shoestring/watched-my-web) {\n    set $shoestring_watched 1;",
  );
  expect(site).toContain(
    "access_log /run/shoestring/requests-my-web.log shoestring_tries buffer=16k flush=500ms if=$shoestring_watched;",
  );
});

test("in-place: nginx keeps no idle connection to a process, which may be about to stop", () => {
  expect(renderSite(aService({ strategy: "in-place" }))).not.toContain("keepalive ");
});

test("a unit starts from its own place, so a crashed process comes back as it was", () => {
  const unit = renderUnit(aService({ stopTimeoutSeconds: 7 }));
  expect(unit).toContain("WorkingDirectory=/srv/web/processes/%i/release");
  expect(unit).toContain("EnvironmentFile=/srv/web/processes/%i/env");
  expect(unit).toContain("Restart=always");
  expect(unit).toContain("TimeoutStopSec=7");
});

test("a process has a home and a cache to write in, which end with its run", () => {
  const unit = renderUnit(aService());
  expect(unit).toContain("\nEnvironment=HOME=/var/tmp CACHE_DIRECTORY=/var/tmp\n");
  expect(unit).toContain("\nPrivateTmp=yes\n");
  // A variable of the same name in the config counts: systemd reads the file last.
  expect(unit.indexOf("Environment=HOME")).toBeLessThan(unit.indexOf("EnvironmentFile="));
  expect(unit).not.toContain("StateDirectory");
});

test("a service with state has a folder that no other has, the same for all its processes", () => {
  const unit = renderUnit(aService({ service: "shop", state: { maxMib: 512 } }));
  expect(unit).toContain("\nStateDirectory=shoestring-services/shop\n");
});

test("a unit writes how a run ended, and the agent reads it", () => {
  const script = (/^ExecStopPost=-\/bin\/sh -c '(.*)'$/m.exec(renderUnit(aService()))?.[1] ?? "")
    .replaceAll("$$", "$")
    .replaceAll("%i", "1a");
  const folder = mkdtempSync(join(tmpdir(), "ends-"));
  const place = { n: 1, side: "a" } as const;
  const invocation = "1".repeat(32);
  const written = (env: Record<string, string>) => {
    const shell = script.replaceAll("/run/shoestring/ends/web", folder);
    execFileSync("sh", ["-c", shell], { env: { INVOCATION_ID: invocation, ...env } });
    return readEnd(place, readFileSync(join(folder, "1a"), "utf8"));
  };
  try {
    const exited = { SERVICE_RESULT: "exit-code", EXIT_CODE: "exited", EXIT_STATUS: "3" };
    const end = { place, invocation, result: "exit-code", code: "exited", status: "3" };
    expect(written(exited)).toEqual(end);
    const none = { result: "resources", code: "none", status: "none" };
    expect(written({ SERVICE_RESULT: "resources" })).toEqual({ place, invocation, ...none });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The properties that systemd shows of a unit when the agent reads how its run ended. */
test.each([
  [true, "is about to be started again", { ActiveState: "deactivating", SubState: "stop-post" }],
  [true, "waits for its start", { ActiveState: "activating", SubState: "auto-restart" }],
  [true, "was started again", { ActiveState: "active", SubState: "running", NRestarts: "1" }],
  [false, "is being stopped", { ActiveState: "deactivating", SubState: "stop-post", Job: "17" }],
  [false, "was stopped", { ActiveState: "inactive", SubState: "dead", NRestarts: "1" }],
  [false, "was restarted by hand", { ActiveState: "active", SubState: "running", NRestarts: "0" }],
] as const)("a run ended by itself: %s, where its unit %s", (isItself, _, properties) => {
  expect(endedByItself(properties)).toBe(isItself);
});

test("the table redirects each front port and resets new connections to closed ones", () => {
  const table = renderTable({ active: new Map([[8001, 8101]]), closed: new Map([[8002, 60]]) });
  expect(table).toContain("elements = { 8001 : 8101 }");
  expect(table).toContain("elements = { 8002 timeout 60s }");
});

const listing = (elem: [number, number][], rules = 2) => ({
  nftables: [
    { chain: {} },
    { chain: {} },
    ...Array.from({ length: rules }, () => ({ rule: {} })),
    { map: { name: "active", elem } },
  ],
});

test("a table is intact with both rules and exactly its routes", () => {
  const active = new Map([[8001, 8101]]);
  const none = closedFronts(simulatedClock());
  expect(isIntact(listing([[8001, 8101]]), active, none)).toBe(true);
  expect(isIntact(listing([[8001, 8201]]), active, none)).toBe(false);
  expect(isIntact(listing([]), active, none)).toBe(false);
  expect(isIntact(listing([[8001, 8101]], 1), active, none)).toBe(false);
});

test.each([
  ["node", "'node'"],
  ["it's $HOME", "'it'\\''s $HOME'"],
])("the word %s is taken literally by the shell", (word, quoted) => {
  expect(shellWord(word)).toBe(quoted);
});

test("a unit that waits for its restart is starting, and that restart counts", () => {
  const waiting = {
    ActiveState: "activating",
    SubState: "auto-restart",
    NRestarts: "2",
  };
  expect(unitState(waiting)).toEqual({ status: "starting", restarts: 3 });
  expect(unitState({ ActiveState: "failed" })).toEqual({ status: "stopped", restarts: 0 });
});

test.each([
  ["active", "", "running"],
  ["active", "1234", "stopping"],
  ["reloading", "", "running"],
  ["activating", "", "starting"],
  ["deactivating", "", "stopping"],
  ["deactivating", "1234", "stopping"],
  ["inactive", "", "stopped"],
  ["inactive", "1234", "starting"],
  ["failed", "", "stopped"],
])("a unit that is %s, with the job %o, is %s", (ActiveState, Job, status) => {
  expect(unitState(Job === "" ? { ActiveState } : { ActiveState, Job }).status).toBe(status);
});

test("the slice of a service with a dash is escaped as systemd does it", () => {
  expect(controlGroup("my-web", { n: 1, side: "a" })).toBe(
    "/sys/fs/cgroup/system.slice/system-shoestring\\x2dmy\\x2dweb.slice/shoestring-my-web@1a.service",
  );
});

test("processes that switch while another change is under way share one transaction", async () => {
  const scripts: string[] = [];
  const exec: Exec = async (_, __, options) => {
    scripts.push(options?.input ?? "");
    return "";
  };
  const clock = simulatedClock();
  const gate = nftablesGate(
    { exec, log: silentLog, clock, listeners: { follow() {} } },
    new Map([[8001, 8101]]),
  );
  await Promise.all([gate.close(8001, 5), gate.point(8001, 8201), gate.point(8002, 8202)]);
  expect(scripts).toHaveLength(2);
  expect(scripts[1]).toContain("{ 8001 : 8201, 8002 : 8202 }");
  expect(scripts[1]).toContain("delete element inet shoestring closed { 8001, 8002 }");
});

test("a health check needs no host name: each service of an instance has its own path", () => {
  const site = renderDefaultSite([aService(), aService({ service: "jobs", ping: "/up" })]);
  expect(site).toMatch(
    /location = \/shoestring\/health\/web \{([^}]*\{[^}]*\}){2}[^}]*http:\/\/shoestring-web\/ping";/,
  );
  expect(site).toMatch(
    /location = \/shoestring\/health\/jobs \{([^}]*\{[^}]*\}){2}[^}]*http:\/\/shoestring-jobs\/up";/,
  );
  expect(site).toMatch(/location \/ \{\s+return 404;/);
});
