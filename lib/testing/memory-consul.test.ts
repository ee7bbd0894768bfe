import { expect, test } from "vitest";
import { ConsulAway, ConsulDenied } from "../consul.ts";
import { memoryConsul } from "./memory-consul.ts";

const set = (key: string, value: string) => ({ verb: "set", key, value }) as const;

test("a compare-and-swap succeeds only at the index that was read", async () => {
  const consul = memoryConsul();
  expect(await consul.write([{ verb: "cas", key: "a", value: "1", index: 0 }])).toBe(true);
  expect(await consul.write([{ verb: "cas", key: "a", value: "2", index: 0 }])).toBe(false);
  const index = (await consul.get("a")).found?.modifyIndex as number;
  expect(await consul.write([{ verb: "cas", key: "a", value: "2", index }])).toBe(true);
  expect(await consul.write([{ verb: "delete-cas", key: "a", index }])).toBe(false);
  expect(consul.text("a")).toBe("2");
});

test("a transaction with a failing operation writes nothing", async () => {
  const consul = memoryConsul();
  consul.put("b", "there");
  const operations = [set("a", "1"), { verb: "check-not-exists", key: "b" } as const];
  expect(await consul.write(operations)).toBe(false);
  expect(consul.keys()).toEqual(["b"]);
});

test("writing the same value again changes no index, as in Consul", async () => {
  const consul = memoryConsul();
  consul.put("a", "1");
  const before = await consul.get("a");
  await consul.write([set("a", "1")]);
  expect(await consul.get("a")).toEqual(before);
});

test("a blocking read wakes when its own key changes, and not for others", async () => {
  const consul = memoryConsul();
  consul.put("a", "1");
  const { index } = await consul.get("a");
  let woken = false;
  const read = consul.get("a", { index, waitSeconds: 5 }).finally(() => {
    woken = true;
  });
  consul.put("b", "1");
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(woken).toBe(false);
  consul.put("a", "2");
  expect((await read).found?.value).toBe("2");
});

test("a blocking list wakes when one of its keys is deleted", async () => {
  const consul = memoryConsul();
  consul.put("a/1", "1");
  const { index } = await consul.list("a/");
  const read = consul.list("a/", { index, waitSeconds: 5 });
  consul.remove("a/1");
  expect((await read).found).toEqual([]);
});

test("a blocking read returns the current value when its wait is over", async () => {
  const consul = memoryConsul();
  consul.put("a", "1");
  const { index } = await consul.get("a");
  expect((await consul.get("a", { index, waitSeconds: 0.01 })).found?.value).toBe("1");
});

test("a read rejects when it is aborted or Consul is away or refuses, also in the middle of a wait", async () => {
  const consul = memoryConsul();
  consul.put("a", "1");
  const { index } = await consul.get("a");
  const stop = new AbortController();
  const aborted = consul.get("a", { index, signal: stop.signal });
  stop.abort();
  await expect(aborted).rejects.toThrow(ConsulAway);
  const waiting = consul.get("a", { index });
  consul.away(true);
  await expect(waiting).rejects.toThrow(ConsulAway);
  await expect(consul.write([])).rejects.toThrow(ConsulAway);
  consul.away(false);
  consul.deny(true);
  await expect(consul.list("")).rejects.toThrow(ConsulDenied);
});

test("a lock belongs to one session, ends with it, and is free after the lock delay", async () => {
  let delayIsOver = () => {};
  const consul = memoryConsul(() => new Promise((resolve) => (delayIsOver = resolve)));
  const [one, two] = [await consul.createSession("1", 10), await consul.createSession("2", 10)];
  const lock = (session: string) =>
    consul.write([{ verb: "lock", key: "slot", value: session, session }]);
  const holds = (session: string) =>
    consul.write([{ verb: "check-session", key: "slot", session }, set("report", session)]);

  expect(await lock(one)).toBe(true);
  expect(await lock(two)).toBe(false);
  expect(await holds(one)).toBe(true);
  consul.expireSession(one);

  expect(await consul.renewSession(one)).toBe(false);
  expect(await holds(one)).toBe(false);
  expect(consul.text("report")).toBe(one);
  expect(await lock(one)).toBe(false);
  expect(await lock(two)).toBe(false);
  delayIsOver();
  await expect.poll(() => lock(two)).toBe(true);
  expect(await consul.write([{ verb: "unlock", key: "slot", value: "", session: two }])).toBe(true);
  expect(await holds(two)).toBe(false);
});

test("deleting a folder deletes all below it, and no key whose name begins alike", async () => {
  const consul = memoryConsul();
  for (const key of ["a/1", "a/1/x", "a/1/y/z", "a/10", "a/10/x"]) consul.put(key, "");
  expect(await consul.names("a/")).toEqual(["1", "10"]);
  await consul.write([
    { verb: "delete-tree", key: "a/1/" },
    { verb: "delete", key: "a/1" },
    { verb: "delete", key: "a/2" },
  ]);
  expect(consul.keys()).toEqual(["a/10", "a/10/x"]);
});
