import { expect } from "vitest";
import type { RegionUnderTest } from "../../local/testing/region-under-test.ts";
import { until } from "../../local/testing/until.ts";

interface Scheduled {
  readonly service: string;
  readonly name: string;
  /** Between two times, in seconds. */
  readonly everySeconds: number;
}

interface Run {
  readonly beganAt: number;
  readonly endedAt: number;
}

/**
 * Expects that a scheduled command of the fleet ran to its end at each of its times so far, or was
 * told as left out, and never beside itself. @returns how often
 */
export async function eachTimeRanOnce(
  on: RegionUnderTest,
  instances: readonly string[],
  scheduled: Scheduled,
): Promise<string> {
  const { runs, ...told } = await until("the end of a scheduled command", () =>
    allEnded(on, instances, scheduled),
  );
  // What systemd started, beside what the agents say of it.
  expect(runs.length).toBe(told.began.length);
  const beside = runs.filter((run, i) => run.beganAt < (runs[i - 1]?.endedAt ?? 0));
  expect(beside).toEqual([]);
  const times = [...told.began, ...told.misfires].sort((a, b) => a - b);
  const everyMs = scheduled.everySeconds * 1000;
  expect(times).toEqual(times.map((_, i) => (times[0] as number) + i * everyMs));
  return `${scheduled.name} ran ${runs.length} times, ${told.misfires.length} left out`;
}

/** Undefined while one runs. */
async function allEnded(
  on: RegionUnderTest,
  instances: readonly string[],
  { service, name }: Scheduled,
) {
  const journal = async (instance: string, unit: string) =>
    (await on.on(instance, "journalctl", "-u", unit, "-o", "short-unix", "--no-pager")).split("\n");
  const runs: Run[] = [];
  const times: { began: number[]; misfires: number[] } = { began: [], misfires: [] };
  for (const instance of instances) {
    const ofUnit = await journal(instance, `shoestring-${service}@cron-${name}`);
    const at = (what: string) =>
      ofUnit.filter((line) => line.includes(`: ${what} shoestring-`)).map(Number.parseFloat);
    const [began, ended] = [at("Starting"), at("Finished")];
    if (began.length !== ended.length) return undefined;
    runs.push(...began.map((beganAt, i) => ({ beganAt, endedAt: ended[i] as number })));
    const ofAgent = await journal(instance, "shoestring-agent");
    const told = (event: string) =>
      ofAgent
        .filter((line) => line.includes(`"${event}"`) && line.includes(`"name":"${name}"`))
        .map((line) => Date.parse(/"scheduledFor":"([^"]+)"/.exec(line)?.[1] ?? ""));
    times.began.push(...told("cron.began"));
    times.misfires.push(...told("cron.misfire"));
  }
  return { runs: runs.sort((a, b) => a.beganAt - b.beganAt), ...times };
}
