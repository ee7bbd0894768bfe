import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { machineFacts } from "../../local/load/machine.ts";
import { writeClusters } from "./clusters.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const services = 12;

/** The cost of one way of synthesising: the median of several runs. */
export interface SynthCost {
  /** From the start of the program that `cdktf` runs until its end. */
  readonly seconds: number;
  /** Processor time of its node processes, which other work on the machine does not lengthen. */
  readonly cpuSeconds: number;
  /** The peak memory of its largest process. */
  readonly megabytes: number;
}

export interface SynthResult {
  readonly machine: ReturnType<typeof machineFacts>;
  readonly services: number;
  readonly runs: number;
  /** Target: 4 s, 350 MB. */
  readonly tenClusters: SynthCost;
  readonly twentyClusters: SynthCost;
  /** The time for twenty divided by that for ten. Target: 2.2. */
  readonly ratio: number;
  /** Ten clusters, with the provider's package imported as a whole. */
  readonly withBarrel: SynthCost;
}

/** Measures the synth of generated clusters, each in processes of its own. */
export async function synthBench(say: (line: string) => void, runs = 3): Promise<SynthResult> {
  const folder = mkdtempSync(join(tmpdir(), "shoestring-synth-"));
  const { app } = JSON.parse(readFileSync(join(checkout, "cdktf.json"), "utf8")) as { app: string };
  const measured = async (what: string, clusters: number, command: string) => {
    const source = join(folder, `${clusters}`);
    writeClusters(source, clusters, services);
    const costs: SynthCost[] = [];
    for (let run = 0; run < runs; run += 1) {
      costs.push(await synthesise(command, source, join(folder, "out")));
    }
    const cost = {
      seconds: median(costs.map((it) => it.seconds)),
      cpuSeconds: median(costs.map((it) => it.cpuSeconds)),
      megabytes: median(costs.map((it) => it.megabytes)),
    };
    say(`  ${what}: ${cost.seconds} s (${cost.cpuSeconds} s of a processor), ${cost.megabytes} MB`);
    return cost;
  };
  try {
    const tenClusters = await measured("10 clusters", 10, app);
    const twentyClusters = await measured("20 clusters", 20, app);
    const withBarrel = await measured("10, barrel import", 10, `${app} bench/synth/barrel.ts`);
    const ratio = rounded(twentyClusters.seconds / tenClusters.seconds);
    const machine = machineFacts();
    return { machine, services, runs, tenClusters, twentyClusters, ratio, withBarrel };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs the command of cdktf.json, as cdktf does, on a folder of clusters. */
async function synthesise(command: string, clusters: string, outdir: string): Promise<SynthCost> {
  rmSync(outdir, { recursive: true, force: true });
  const usage = `${outdir}.usage`;
  rmSync(usage, { force: true });
  const from = performance.now();
  const { code, stderr } = await shell(command, {
    SHOESTRING_CLUSTERS: clusters,
    CDKTF_OUTDIR: outdir,
    SYNTH_USAGE: usage,
    NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, "usage.mjs")).href}`,
  });
  const seconds = (performance.now() - from) / 1000;
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
  const used = readFileSync(usage, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { megabytes: number; cpuSeconds: number });
  return {
    seconds: rounded(seconds),
    cpuSeconds: rounded(used.reduce((sum, it) => sum + it.cpuSeconds, 0)),
    megabytes: Math.round(Math.max(...used.map((it) => it.megabytes))),
  };
}

function shell(command: string, env: Record<string, string>) {
  const child = spawn(command, { shell: true, cwd: checkout, env: { ...process.env, ...env } });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdout.resume();
  return new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stderr }));
  });
}

const rounded = (value: number) => Math.round(value * 100) / 100;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
