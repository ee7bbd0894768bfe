import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Consul, ConsulAway } from "../../lib/consul.ts";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { silentLog } from "../testing/builders.ts";
import { openSession, withSession } from "./session.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const kv = () => {
  const consul = memoryConsul();
  let renewals = 0;
  const counted: Consul = {
    ...consul,
    async renewSession(id) {
      renewals += 1;
      return consul.renewSession(id);
    },
  };
  return { ...consul, counted, renewals: () => renewals };
};
const request = (consul: Consul, formerSession?: string) => ({
  ...{ consul, log: silentLog, service: "web", instance: "web-1", formerSession },
  remember: async () => {},
});

test("a session is renewed until it is closed, or until Consul has ended it", async () => {
  const { counted, renewals, expireSession } = kv();
  const closed = await openSession(request(counted));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(renewals()).toBe(2);
  closed.close();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(renewals()).toBe(2);

  const gone = await openSession(request(counted));
  expireSession(gone.id);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(renewals()).toBe(3);
});

test("a former session that Consul cannot renew now is kept, and no new one replaces it", async () => {
  const { counted, createSession, sessions } = kv();
  const former = await createSession("web-1", 15);
  const limited: Consul = {
    ...counted,
    renewSession: () =>
      Promise.reject(new ConsulAway({ happened: "status 429", unchanged: "it", next: "a test" })),
  };
  await expect(openSession(request(limited, former))).rejects.toThrow("status 429");
  expect(sessions()).toEqual([former]);
  expect((await openSession(request(counted, former))).id).toBe(former);
});

test("a session that cannot be written to the journal is ended", async () => {
  const { counted, sessions } = kv();
  const full = () => Promise.reject(new Error("ENOSPC"));
  const opened = openSession({ ...request(counted), remember: full });
  await expect(opened).rejects.toThrow("ENOSPC");
  expect(sessions()).toEqual([]);
});

test.each([
  ["fails", () => Promise.reject(new Error("no"))],
  ["does not keep it", async () => ({ result: 1, keep: false })],
])("a session is ended when its work %s", async (_, work) => {
  const { counted, sessions, renewals } = kv();
  await withSession(request(counted), work).catch(() => undefined);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([sessions(), renewals()]).toEqual([[], 0]);
});
