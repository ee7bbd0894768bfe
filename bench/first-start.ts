import { execOn, type Region } from "../local/region/index.ts";
import type { Deploy } from "../protocol/documents.ts";
import { percentile } from "./load/records.ts";

/** From a deploy's write to KV until systemd has started the first new process. Target: 150 ms. */
export interface FirstStart {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Restarts a service again and again, and reads from systemd when its first new process began.
 *
 * @param restart writes a restart and resolves with its deploy when the rollout is done.
 */
export async function firstStart(
  region: Region,
  instances: readonly string[],
  service: string,
  restart: () => Promise<Deploy>,
  samples: number,
): Promise<FirstStart> {
  const delays: number[] = [];
  for (let i = 0; i < samples; i += 1) {
    const at = Date.parse((await restart()).at);
    const starts = (
      await Promise.all(instances.map((name) => startsOn(region, name, service)))
    ).flat();
    delays.push(Math.min(...starts.filter((ms) => ms >= at)) - at);
  }
  delays.sort((a, b) => a - b);
  return { samples, p50Ms: percentile(delays, 0.5), p99Ms: percentile(delays, 0.99) };
}

/** When the service's processes on an instance were started, by the wall clock. */
async function startsOn(region: Region, instance: string, service: string): Promise<number[]> {
  const show = ["systemctl", "show", `${service}@*`, "-p", "ExecMainStartTimestamp"];
  const { stdout } = await execOn(region, instance, [...show, "--timestamp=us+utc"]);
  return [...stdout.matchAll(/=\w+ (\S+) (\S+) UTC/g)].map(([, day, time]) =>
    Date.parse(`${day}T${time}Z`),
  );
}
