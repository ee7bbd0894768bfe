import { execOn, type Region } from "../local/region/index.ts";

/** The cost of an idle agent. Targets: 70 MB, 0.5 %. */
export interface IdleAgent {
  readonly rssMegabytes: number;
  /** Percent of one processor, children included. */
  readonly cpuPercent: number;
}

/** Watches an instance's agent for a while. */
export async function idleAgent(
  region: Region,
  instance: string,
  seconds: number,
): Promise<IdleAgent> {
  const usage = async () => {
    const show = ["systemctl", "show", "shoestring-agent", "-p", "CPUUsageNSec", "-p", "MainPID"];
    const { stdout } = await execOn(region, instance, show);
    const field = (name: string) => Number(new RegExp(`${name}=(\\d+)`).exec(stdout)?.[1] ?? 0);
    return { cpuSeconds: field("CPUUsageNSec") / 1e9, pid: field("MainPID") };
  };
  const before = await usage();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const after = await usage();
  const { stdout } = await execOn(region, instance, ["cat", `/proc/${after.pid}/status`]);
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(stdout)?.[1] ?? 0);
  return {
    rssMegabytes: Math.round(kilobytes / 1024),
    cpuPercent: Math.round(((after.cpuSeconds - before.cpuSeconds) / seconds) * 10_000) / 100,
  };
}
