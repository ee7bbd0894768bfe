import { type Load, startLoad } from "../../local/load/load.ts";
import { percentile } from "../../local/load/records.ts";
import type { Way } from "./ways/way.ts";

export interface MeasureContext {
  readonly deploys: number;
  readonly requestsPerSecond: number;
  readonly steadySeconds: number;
}

/** The figures of one way. */
export interface WayResult {
  readonly name: string;
  readonly how: string;
  readonly deploys: number;
  readonly requests: number;
  readonly lost: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Requests that were not sent, because all clients were waiting. */
  readonly late: number;
  /** Medians over the deploys, in seconds. */
  readonly servedSeconds: number;
  readonly endedSeconds: number;
  readonly steadyP99Ms: number;
  /** Median and worst over the deploys. */
  readonly p99Ms: number;
  readonly worstP99Ms: number;
  readonly memoryMegabytes: Readonly<Record<string, number>>;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** The pause between two deploys, in which the queues of the last one empty. */
const settleMs = 300;
const clients = 64;
/** More than a deploy of any way needs; it only limits the load. */
const longestDeploySeconds = 60;

/** Deploys repeatedly under a constant load, which starts and ends with the measurement. */
export async function measureWay(
  way: Way,
  { deploys, requestsPerSecond, steadySeconds }: MeasureContext,
  say: (line: string) => void,
): Promise<WayResult> {
  await way.start();
  let load: Load | undefined;
  try {
    const { url, host } = way;
    const maxSeconds = steadySeconds + deploys * longestDeploySeconds;
    const maxRequests = maxSeconds * requestsPerSecond;
    load = await startLoad({ url, host, clients, requestsPerSecond, maxSeconds, maxRequests });
    await pause(1500); // connections are made
    const steadyFrom = Date.now();
    await pause(steadySeconds * 1000);
    const steady = await load.window(steadyFrom, Date.now());
    const rolled: { served: number; ended: number; p99Ms: number }[] = [];
    while (rolled.length < deploys) {
      const { from, served, ended } = await way.deploy();
      const { p99Ms } = await load.window(from, ended);
      rolled.push({ served: (served - from) / 1000, ended: (ended - from) / 1000, p99Ms });
      if (rolled.length % 5 === 0) {
        const { lost } = await load.snapshot();
        say(`  ${way.name}: ${rolled.length} deploys, ${lost} requests lost`);
      }
      await pause(settleMs);
    }
    const memoryMegabytes = await way.memory();
    const { late } = await load.snapshot();
    const all = await load.stop();
    load = undefined;
    const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
    const p99s = sorted(rolled.map(({ p99Ms }) => p99Ms));
    return {
      name: way.name,
      how: way.how,
      deploys: rolled.length,
      requests: all.requests,
      lost: all.lost,
      errors: all.errors,
      late,
      servedSeconds: percentile(sorted(rolled.map(({ served }) => served)), 0.5),
      endedSeconds: percentile(sorted(rolled.map(({ ended }) => ended)), 0.5),
      steadyP99Ms: steady.p99Ms,
      p99Ms: percentile(p99s, 0.5),
      worstP99Ms: percentile(p99s, 1),
      memoryMegabytes,
    };
  } finally {
    await load?.stop();
    await way.stop();
  }
}
