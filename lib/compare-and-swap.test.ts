import { expect, test } from "vitest";
import { compareAndSwap, conflict } from "./compare-and-swap.ts";
import { memoryConsul } from "./testing/memory-consul.ts";

/**
 * Writes "ours" by compare-and-swap in at most three attempts; in as many of them, another writer is
 * faster.
 */
async function writeAgainst(others: number) {
  const consul = memoryConsul();
  const read: (string | undefined)[] = [];
  const result = await compareAndSwap(3, async (n) => {
    const { found } = await consul.get("key");
    read.push(found?.value);
    if (n <= others) consul.put("key", `theirs ${n}`);
    const index = found?.modifyIndex ?? 0;
    return (await consul.write([{ verb: "cas", key: "key", value: "ours", index }])) || conflict;
  });
  return { result, read, written: consul.text("key") };
}

test("a change that meets no other writer is written at the first attempt", async () => {
  expect(await writeAgainst(0)).toEqual({ result: true, read: [undefined], written: "ours" });
});

test("a change that another writer overtakes is decided again from what that one wrote", async () => {
  const read = [undefined, "theirs 1", "theirs 2"];
  expect(await writeAgainst(2)).toEqual({ result: true, read, written: "ours" });
});

test("a change that is overtaken at every attempt is a conflict, and the others' stands", async () => {
  expect(await writeAgainst(9)).toMatchObject({ result: conflict, written: "theirs 3" });
});

test("an attempt that throws is not repeated", async () => {
  let attempts = 0;
  const failing = compareAndSwap(3, async () => {
    attempts += 1;
    throw new Error("Consul is away");
  });
  await expect(failing).rejects.toThrow("Consul is away");
  expect(attempts).toBe(1);
});
