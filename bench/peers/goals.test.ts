import { expect, test } from "vitest";
import { goals } from "./goals.ts";
import type { WayResult } from "./measure.ts";
import type { Circumstances, Measured } from "./run.ts";

const circumstances = {} as Circumstances;

const way = (name: string, of: Partial<WayResult>) =>
  ({ name, deploys: 20, lost: 0, servedSeconds: 2, endedSeconds: 3, ...of }) as WayResult;

const met = (measured: Measured) => goals(measured).map(({ isMet }) => isMet);

test("a way is judged by its lost requests, its times against the faster pm2, and its p99 over steady", () => {
  const ours = way("shoestring", { servedSeconds: 1.8, steadyP99Ms: 10, p99Ms: 21 });
  const ways = [
    ours,
    way("pm2 reload", { lost: 4, servedSeconds: 2.5, endedSeconds: 2.5 }),
    way("pm2 reload, wait_ready", { lost: 1, servedSeconds: 2.2, endedSeconds: 2.2 }),
    way("HAProxy drain loop", {}),
  ];
  expect(goals({ rollouts: { ...circumstances, floorSeconds: 2, ways } })).toEqual([
    {
      goal: "no request lost in 20 deploys",
      measured: "0; pm2 reload 4, pm2 reload, wait_ready 1",
      isMet: true,
    },
    {
      goal: "new ones serve within 0.85 × the time of `pm2 reload`",
      measured: "1.8 s against 2.2 s: 0.82 ×",
      isMet: true,
    },
    {
      goal: "old ones are gone within 1.1 × the time of `pm2 reload`",
      measured: "3.0 s against 2.2 s: 1.36 ×",
      isMet: false,
    },
    { goal: "p99 during a deploy at most 2 × steady", measured: "2.1 ×", isMet: false },
  ]);
});

test("one lost request misses the goal", () => {
  const ways = [way("shoestring", { lost: 1, steadyP99Ms: 10, p99Ms: 10 })];
  expect(met({ rollouts: { ...circumstances, floorSeconds: 2, ways } })).toEqual([false, true]);
});

test("a file is judged by both percentiles, for each number of watchers", () => {
  const result = (tool: string, watchers: number, p50Ms: number, p99Ms: number) => ({
    ...{ tool, what: "key" as const, watchers, samples: 100, p50Ms, p99Ms, megabytes: 70 },
  });
  const results = [
    result("shoestring", 1, 5, 20),
    result("consul-template 1", 1, 5, 21),
    result("shoestring", 50, 60, 140),
    result("consul-template 1", 50, 65, 135),
  ];
  expect(met({ files: { ...circumstances, results } })).toEqual([true, false]);
});

test("a part that was not measured is not judged", () => {
  expect(goals({})).toEqual([]);
});
