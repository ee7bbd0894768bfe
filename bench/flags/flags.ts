import { join } from "node:path";
import { connect } from "../../cli/connect.ts";
import { local } from "../../clusters/local.ts";
import { checkout } from "../../local/host/region.ts";
import { down, regionAt, up } from "../../local/region/index.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { measureFiles } from "../files/files.ts";
import { type BenchInstance, benchInstance } from "../peers/bench-instance.ts";
import { measureWay } from "../peers/measure.ts";
import { pushRelease } from "../peers/rollouts.ts";
import { shoestringWay } from "../peers/ways/shoestring.ts";

/** The agent's cost and speed with one set of node's flags. */
export interface FlagsResult {
  readonly flags: string;
  /** Resident memory at rest, after the rolls. */
  readonly megabytes: number;
  /** Processor time of the agent and its children for each roll. */
  readonly cpuSecondsPerRoll: number;
  readonly servedSeconds: number;
  readonly p99DuringMs: number;
  readonly steadyP99Ms: number;
  /** KV → file, one watcher. */
  readonly fileP50Ms: number;
  readonly fileP99Ms: number;
}

const instance = "web-1";
const deploys = 8;
const changes = 100;
const measuring = { deploys, requestsPerSecond: 600, steadySeconds: 10 };

/** Measures each set of flags on the same instance, with a drop-in of the agent's unit. */
export async function measureFlags(
  sets: readonly string[],
  say: (line: string) => void,
): Promise<FlagsResult[]> {
  const region = regionAt(join(checkout, ".local-bench"));
  process.env.SHOESTRING_REGION = region.directory;
  const web = { ...local.services.web, instances: { min: 1, max: 1 } };
  const cluster: Cluster = { ...local, services: { web } };
  const results: FlagsResult[] = [];
  try {
    await down(region); // an interrupted run may have left one
    const file = await up(region, { cluster, log: say });
    const { address } = file.instances.find(({ name }) => name === instance) as { address: string };
    const on = benchInstance(region, instance, address);
    await pushRelease();
    for (const flags of sets) {
      say(flags === "" ? "no flags" : flags);
      results.push(await measureSet(on, connect(cluster.name).consul, flags, say));
    }
    return results;
  } finally {
    await down(region);
  }
}

async function measureSet(
  on: BenchInstance,
  consul: ReturnType<typeof connect>["consul"],
  flags: string,
  say: (line: string) => void,
): Promise<FlagsResult> {
  await on.run(`mkdir -p ${dropIn} && cat > ${dropIn}/flags.conf <<'END'
[Service]
ExecStart=
ExecStart=/usr/local/bin/node ${flags} /opt/shoestring/agent.js run
END
systemctl daemon-reload && systemctl restart shoestring-agent`);
  const cpuSeconds = async () =>
    Number(await on.run("systemctl show shoestring-agent -P CPUUsageNSec")) / 1e9;
  const before = await cpuSeconds();
  const way = await measureWay(shoestringWay(on, consul), measuring, say);
  const after = await cpuSeconds();
  const words = flags.split(" ").filter(Boolean);
  const files = await measureFiles([1], () => changes, say, { flags: words, isAlone: true });
  const key = files.find(({ what }) => what === "key");
  return {
    flags: flags || "none",
    megabytes: way.memoryMegabytes.agent ?? 0,
    cpuSecondsPerRoll: (after - before) / deploys,
    servedSeconds: way.servedSeconds,
    p99DuringMs: way.p99Ms,
    steadyP99Ms: way.steadyP99Ms,
    fileP50Ms: key?.p50Ms ?? 0,
    fileP99Ms: key?.p99Ms ?? 0,
  };
}

const dropIn = "/etc/systemd/system/shoestring-agent.service.d";
