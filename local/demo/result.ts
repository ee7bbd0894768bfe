import * as z from "zod";
import { table } from "../../lib/text-table.ts";

const seconds = z.number().min(0);

const RolledRelease = z.object({
  id: z.string(),
  /** From the write to KV until the last process of the new release serves. */
  deploySeconds: seconds,
  /** Until the last old process is gone. */
  doneSeconds: seconds,
  /** The time without the agent, one process after the other, on all instances. */
  floorSeconds: seconds,
  /** `deploySeconds / floorSeconds` of each instance. */
  ratios: z.record(z.string(), z.number()),
  p99Ms: z.number(),
  /** The fewest processes of an instance that served at once while it rolled. */
  leastServing: z.number(),
});

/** `out/demo.json`; others script against it. */
export const DemoResult = z.object({
  instances: z.number().int(),
  processes: z.number().int(),
  strategy: z.enum(["overlap", "in-place"]),
  /** Without release 1, which finds nothing to roll. */
  releases: z.array(RolledRelease),
  requests: z.number().int(),
  failed: z.number().int(),
  /** Never sent, because every client still waited for an answer. */
  late: z.number().int(),
  errors: z.record(z.string(), z.number()),
  p50Ms: z.number(),
  p99Ms: z.number(),
  steadyP99Ms: z.number(),
  /** The greatest p99 of a roll, and its ratio to the steady one. */
  rollP99Ms: z.number(),
  machine: z.object({
    cores: z.number(),
    memoryGiB: z.number(),
    kernel: z.string(),
    node: z.string(),
  }),
});
export type DemoResult = z.infer<typeof DemoResult>;
export type RolledRelease = z.infer<typeof RolledRelease>;

/**
 * 0 where the demo kept its promise: no request was lost, and with `overlap` every process served
 * at every moment of every roll.
 */
export function exitCode({ failed, strategy, processes, releases }: DemoResult): 0 | 1 {
  const least = strategy === "overlap" ? processes : processes - 1;
  return failed === 0 && releases.every(({ leastServing }) => leastServing >= least) ? 0 : 1;
}

/** The short table at the end. */
export function resultTable(result: DemoResult): string[] {
  const rows = result.releases.map((r) => [
    r.id,
    r.deploySeconds.toFixed(1),
    r.floorSeconds.toFixed(1),
    Object.values(r.ratios)
      .map((ratio) => ratio.toFixed(2))
      .join(" "),
    String(r.leastServing),
    r.p99Ms.toFixed(0),
  ]);
  const head = ["release", "seconds", "floor", "ratio an instance", "least serving", "p99 ms"];
  const { processes, requests, failed, late, steadyP99Ms, rollP99Ms } = result;
  const least = Math.min(...result.releases.map(({ leastServing }) => leastServing));
  return [
    ...table([head, ...rows], "   ").map((line) => `  ${line}`),
    "",
    `  ${requests} requests, ${failed} lost, ${late} not sent in time`,
    `  at least ${least} of ${processes} processes of each instance served at every moment`,
    `  p99 ${steadyP99Ms.toFixed(1)} ms steady, at most ${rollP99Ms.toFixed(1)} ms during a roll`,
  ];
}
