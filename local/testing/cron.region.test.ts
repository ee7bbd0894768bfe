import { afterAll, beforeAll, expect, test } from "vitest";
import { CronState, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { endTestRegion, type RegionUnderTest, regionUnderTest } from "./region-under-test.ts";
import { until } from "./until.ts";

const instances = ["web-1", "web-2"];
const everyMs = 4000;
const cron = { tick: { command: ["node", "cron.js"], at: "*:*:0/4", timeoutSeconds: 30 } };

let on: RegionUnderTest;
beforeAll(async () => {
  on = await regionUnderTest({ cron });
  await on.pushed();
  await on.healthy(instances);
});
afterAll(endTestRegion);

interface Run {
  readonly release: string;
  readonly instance: string;
  readonly beganAt: number;
  readonly endedAt: number | undefined;
}

/** The runs that began since a time, on all instances, in their order. */
async function runsSince(sinceMs: number): Promise<Run[]> {
  const read = async (instance: string) => {
    const args = ["-u", "shoestring-web@cron-tick", "-o", "cat", "--since", "-10min"];
    const lines = (await on.on(instance, "journalctl", ...args)).split("\n");
    const found: Run[] = [];
    for (const line of lines) {
      const [, release = "", what, at] = /^cron of (\S+) (began|ended) at (\d+)$/.exec(line) ?? [];
      const last = found.pop();
      if (last && what === "ended") found.push({ ...last, endedAt: Number(at) });
      else if (last) found.push(last);
      if (what === "began") {
        found.push({ release, instance, beganAt: Number(at), endedAt: undefined });
      }
    }
    return found;
  };
  const all = (await Promise.all(instances.map(read))).flat();
  return all.filter((it) => it.beganAt >= sinceMs).sort((a, b) => a.beganAt - b.beganAt);
}

/** How many runs each scheduled time has, where it has another number than one; and overlaps. */
function wrong(runs: readonly Run[]): unknown[] {
  const times = new Map<number, number>();
  for (const { beganAt } of runs) {
    const time = Math.floor(beganAt / everyMs);
    times.set(time, (times.get(time) ?? 0) + 1);
  }
  const overlaps = runs.filter((run, i) => {
    const before = runs[i - 1];
    return before && run.beganAt < (before.endedAt ?? Number.POSITIVE_INFINITY);
  });
  return [...[...times].filter(([, count]) => count !== 1), ...overlaps];
}

async function state(): Promise<CronState> {
  const key = keys.cron("web", "tick");
  const { found } = await on.consul.get(key);
  return parseDocument(CronState, key, found?.value ?? "");
}

test("a scheduled command runs once at each time over two instances, with the release that serves", async () => {
  const since = Date.now();
  const { release } = await on.deploy();
  const runs = await until("four runs", async () => {
    const found = (await runsSince(since)).filter(({ endedAt }) => endedAt !== undefined);
    return found.length >= 4 ? found : undefined;
  });
  expect(wrong(runs)).toEqual([]);
  expect(new Set(runs.map((run) => run.release))).toEqual(new Set([release.id]));
  const took = (runs.at(-1)?.beganAt ?? 0) - (runs[0]?.beganAt ?? 0);
  expect(Math.round(took / everyMs)).toBe(runs.length - 1);
});

test("a roll under load neither stops a scheduled command nor waits for it, and no time runs twice", async () => {
  const since = Date.now();
  let releaseId = "";
  const seen = await on.underLoad(async () => {
    releaseId = (await on.pushed({ cron: { ms: 3000 } })).release.id;
    releaseId = (await on.pushed({ cron: { ms: 3000 } })).release.id;
  });
  expect(seen.errors).toEqual({});
  const runs = await until("a run of the new release", async () => {
    const found = await runsSince(since);
    const last = found.findLast(({ release }) => release === releaseId);
    return last?.endedAt === undefined ? undefined : found;
  });
  expect(wrong(runs)).toEqual([]);
  expect(runs.slice(0, -1).filter(({ endedAt }) => endedAt === undefined)).toEqual([]);
});

test("a scheduled command that fails is told with what it wrote", async () => {
  const { release } = await on.pushed({ cron: { exit: 3 } });
  const why = `it exited with status 3; its log: Error: the table of ${release.id} is locked`;
  await until("a failure", async () => ((await state()).failure?.error === why ? true : undefined));
  const { out } = await on.shoestring("cron", "web");
  expect(out).toContain(why);
});

test("a time that comes while the command still runs is left out, and told", async () => {
  await on.pushed({ cron: { ms: 5000 } });
  const misfire = await until("a misfire", async () => (await state()).misfire);
  expect(misfire.why).toMatch(/^its run of .* on web-[12] had not ended$/);
});
