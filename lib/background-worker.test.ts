import { expect, test } from "vitest";
import { backgroundWorker } from "./background-worker.ts";

test("what is added while a run ends is worked on by another run, never by two at once", async () => {
  const waiting: number[] = [];
  const done: number[] = [];
  let atOnce = 0;
  const worker = backgroundWorker(
    async () => {
      atOnce += 1;
      expect(atOnce).toBe(1);
      const item = waiting.shift();
      if (item !== undefined) done.push(item);
      await Promise.resolve();
      atOnce -= 1;
    },
    () => waiting.length > 0,
  );
  for (const item of [1, 2, 3]) {
    waiting.push(item);
    worker.start();
  }
  while (done.length < 3) await worker.settled();
  expect(done).toEqual([1, 2, 3]);
});

test("a worker that was never started is settled", async () => {
  await expect(
    backgroundWorker(
      async () => {},
      () => false,
    ).settled(),
  ).resolves.toBeUndefined();
});
