import { expect, test } from "vitest";
import { aService, silentLog } from "../testing/builders.ts";
import type { Exec } from "./exec.ts";
import { isIntact, nftablesGate, renderTable } from "./nftables.ts";
import { renderDefaultSite, renderSite } from "./nginx.ts";
import { shellWord } from "./store.ts";
import { controlGroup, renderUnit, unitState } from "./systemd.ts";

test("overlap: nginx keeps young connections to the processes; one refusal bans nobody", () => {
  const site = renderSite(aService());
  expect(site).toContain("server 127.0.0.1:8001 max_fails=0;");
  expect(site).toContain("server 127.0.0.1:8004 max_fails=0;");
  expect(site).toContain("keepalive 16;\n  keepalive_time 500ms;\n  keepalive_timeout 500ms;");
});

test("in-place: nginx keeps no connection to a process that is about to stop", () => {
  expect(renderSite(aService({ strategy: "in-place" }))).not.toContain("keepalive ");
});

test("a unit starts from its own place, so a crash comes back as what it was", () => {
  const unit = renderUnit(aService({ stopTimeoutSeconds: 7 }));
  expect(unit).toContain("WorkingDirectory=/srv/web/processes/%i/release");
  expect(unit).toContain("EnvironmentFile=/srv/web/processes/%i/env");
  expect(unit).toContain("Restart=always");
  expect(unit).toContain("TimeoutStopSec=7");
});

test("the table redirects each front port and resets new connections to closed ones", () => {
  const table = renderTable({ active: new Map([[8001, 8101]]), drained: new Map([[8002, 60]]) });
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
  expect(isIntact(listing([[8001, 8101]]), active)).toBe(true);
  expect(isIntact(listing([[8001, 8201]]), active)).toBe(false);
  expect(isIntact(listing([]), active)).toBe(false);
  expect(isIntact(listing([[8001, 8101]], 1), active)).toBe(false);
});

test.each([
  ["node", "'node'"],
  ["it's $HOME", "'it'\\''s $HOME'"],
])("the word %s is taken literally by the shell", (word, quoted) => {
  expect(shellWord(word)).toBe(quoted);
});

test("a unit that waits for its restart counts as running; how it ended is told", () => {
  const waiting = {
    ActiveState: "activating",
    NRestarts: "2",
    ExecMainCode: "1",
    ExecMainStatus: "7",
    Result: "exit-code",
  };
  expect(unitState(waiting)).toEqual({
    running: true,
    restarts: 2,
    lastExit: "status 7, exit-code",
  });
  expect(unitState({ ActiveState: "failed", ExecMainCode: "2", ExecMainStatus: "9" }).running).toBe(
    false,
  );
});

test("a service with a dash has its slice escaped as systemd does", () => {
  expect(controlGroup("my-web", { n: 1, side: "a" })).toBe(
    "/sys/fs/cgroup/system.slice/system-my\\x2dweb.slice/my-web@1a.service",
  );
});

test("processes that switch while another change is under way share one transaction", async () => {
  const scripts: string[] = [];
  const exec: Exec = async (_, __, options) => {
    scripts.push(options?.input ?? "");
    return "";
  };
  const gate = nftablesGate(exec, silentLog, new Map([[8001, 8101]]));
  await Promise.all([gate.close(8001, 5), gate.point(8001, 8201), gate.point(8002, 8202)]);
  expect(scripts).toHaveLength(2);
  expect(scripts[1]).toContain("{ 8001 : 8201, 8002 : 8202 }");
  expect(scripts[1]).toContain("delete element inet shoestring drained { 8001, 8002 }");
});

test("a health check needs no host name: each service of an instance has its own path", () => {
  const site = renderDefaultSite([aService(), aService({ service: "jobs", ping: "/up" })]);
  expect(site).toMatch(
    /location = \/shoestring\/health\/web \{([^}]*\{[^}]*\}){2}[^}]*http:\/\/web\/ping;/,
  );
  expect(site).toMatch(
    /location = \/shoestring\/health\/jobs \{([^}]*\{[^}]*\}){2}[^}]*http:\/\/jobs\/up;/,
  );
  expect(site).toMatch(/location \/ \{\s+return 404;/);
});
