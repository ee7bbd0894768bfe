import { expect, test } from "vitest";
import type { Operation } from "../../lib/consul.ts";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { Audit, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { keptAuditDays, pruneAudit } from "./prune-audit.ts";

const now = new Date("2026-07-01T00:00:00.000Z");
const daysAgo = (days: number) => new Date(now.getTime() - days * 24 * 3600 * 1000);

/** A Consul with one audit record of each of these days, and a session that holds a leader lock. */
async function auditOf(days: readonly number[]) {
  const consul = memoryConsul();
  days.forEach((day, i) => {
    consul.put(keys.audit(daysAgo(day), `${i}`), "{}");
  });
  const session = await consul.createSession("coordinator", 15);
  const key = keys.rolloutCoordinator("web", 1);
  await consul.write([{ verb: "lock", key, value: "{}", session }]);
  const lock: Operation = { verb: "check-session", key, session };
  const events: unknown[] = [];
  const log = (event: string, fields = {}) => void events.push({ event, ...fields });
  const prune = (at = now, deployedAt = at) =>
    pruneAudit({ consul, instance: "web-1", now: () => at, deployedAt, log }, lock);
  const records = () => consul.keys(keys.audits());
  return { consul, session, events, prune, records };
}

test("records older than 90 days are deleted, and their number is audited and logged", async () => {
  const on = await auditOf([100, keptAuditDays + 1, keptAuditDays - 1, 0]);
  on.consul.put("audit/by-hand", "a note");

  await on.prune();

  const left = on.records();
  expect(left).toHaveLength(4);
  expect(left).toContain("audit/by-hand");
  const record = left.find((key) => key.includes("-prune-")) as string;
  expect(parseDocument(Audit, record, on.consul.text(record) ?? "")).toMatchObject({
    action: "audit prune",
    reason: `2 records up to ${daysAgo(91).toISOString()} are older than 90 days`,
  });
  expect(on.events).toMatchObject([{ event: "audit.pruned", records: 2 }]);
});

test("nothing is deleted or recorded when every record is young, or when the clock is a year ahead", async () => {
  const on = await auditOf([80, 1]);
  await on.prune();
  await on.prune(daysAgo(-365));
  expect(on.records()).toHaveLength(2);
  expect(on.events).toEqual([]);
});

test("records that are young by the deploy's time stay, although this clock wrote the newest record a year ahead", async () => {
  const on = await auditOf([80, 1, -365]);
  await on.prune(daysAgo(-365), now);
  expect(on.records()).toHaveLength(3);
});

test("nothing is deleted when the lock was lost", async () => {
  const on = await auditOf([100, 1]);
  on.consul.expireSession(on.session);
  await on.prune();
  expect(on.records()).toHaveLength(2);
});

test("a long audit is pruned in transactions within Consul's limit", async () => {
  const on = await auditOf([...Array.from({ length: 150 }, (_, i) => 300 - i), 1]);
  const write = on.consul.write;
  const sizes: number[] = [];
  on.consul.write = (operations) => {
    sizes.push(operations.length);
    return write(operations);
  };
  await on.prune();
  expect(sizes).toEqual([62, 62, 32]);
  expect(on.records()).toHaveLength(4);
});
