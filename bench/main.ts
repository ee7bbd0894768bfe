/** `make bench`: the default, `parallel: 1`, `in-place` and the synth in one run, into out/bench.json. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { local } from "../clusters/local.ts";
import { type DemoResult, resultTable } from "../local/demo/result.ts";
import { runScenario } from "../local/demo/scenario.ts";
import { checkout } from "../local/host/region.ts";
import { down, regionAt, up } from "../local/region/index.ts";
import type { Cluster, ServiceSpec } from "../modules/spec/cluster.ts";
import { type FirstStart, firstStart, firstStartLine } from "./first-start/first-start.ts";
import { idleAgent } from "./idle-agent.ts";
import { type PushBench, pushBench, pushLines } from "./push/push.ts";
import { synthBench } from "./synth/synth.ts";

const idleSeconds = 60;
/** Enough that a p99 is not the worst of a few. */
const restarts = 100;

const variants: Readonly<
  Record<string, { spec: Partial<ServiceSpec>; ratio: number; p99: number }>
> = {
  default: { spec: {}, ratio: 0.75, p99: 2 },
  "parallel: 1": { spec: { parallel: 1 }, ratio: 1.1, p99: 1.3 },
  "in-place": { spec: { strategy: "in-place" }, ratio: 1.15, p99: Number.POSITIVE_INFINITY },
};

const say = (line: string) => console.log(line);
const region = regionAt(join(checkout, ".local-bench"));
process.env.SHOESTRING_REGION = region.directory;

const results: Record<string, DemoResult> = {};
let idle: Awaited<ReturnType<typeof idleAgent>> | undefined;
let push: PushBench | undefined;
let first: FirstStart | undefined;
try {
  for (const [name, { spec }] of Object.entries(variants)) {
    say(`\n${name}`);
    const web = { ...local.services.web, ...spec } as ServiceSpec;
    const cluster: Cluster = { ...local, services: { web } };
    const file = await up(region, { cluster, log: say });
    const act = (what: string) => say(`  ${what}`);
    results[name] = await runScenario({ region, cluster, file, act, watch: () => {} });
    for (const line of resultTable(results[name])) say(line);
    if (idle) continue;
    say("  pushes, from the command until the rollout is done");
    push = await pushBench(region, cluster, file);
    for (const line of pushLines(push)) say(line);
    say(`  the agent is idle for ${idleSeconds} s`);
    idle = await idleAgent(region, "web-1", idleSeconds);
  }
  say(`\n${restarts} restarts, from the write to the first new process`);
  first = await firstStart(region, restarts, say);
  say(firstStartLine(first));
} finally {
  await down(region);
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const summary = Object.entries(results).map(([name, result]) => {
  const ratios = result.releases.flatMap(({ ratios: each }) => Object.values(each));
  const { ratio, p99 } = variants[name] ?? { ratio: 0, p99: 0 };
  return {
    name,
    lost: result.failed,
    requests: result.requests,
    medianRatio: median(ratios),
    worstRatio: Math.max(...ratios),
    targetRatio: ratio,
    // The steady window is as long as a roll, so one slow moment in either moves the worst.
    p99OverSteady: median(result.releases.map(({ p99Ms }) => p99Ms)) / result.steadyP99Ms,
    worstP99OverSteady: result.rollP99Ms / result.steadyP99Ms,
    targetP99OverSteady: Number.isFinite(p99) ? p99 : null,
  };
});
say("\nsynth");
const synth = await synthBench(say);
mkdirSync(join(checkout, "out"), { recursive: true });
writeFileSync(
  join(checkout, "out", "bench.json"),
  `${JSON.stringify({ summary, push, idle, firstStart: first, synth, results }, null, 2)}\n`,
);
console.table(summary);
console.table({ ...idle, firstStartP50Ms: first.p50Ms, firstStartP99Ms: first.p99Ms });
