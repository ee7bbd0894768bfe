import { readFile, writeFile } from "node:fs/promises";
import { portsOf } from "../../protocol/ports.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";

const kernelFile = "/proc/sys/net/ipv4/ip_local_reserved_ports";

/**
 * Keeps the kernel from giving the ports of these services to outgoing connections, as it would
 * where they lie in `ip_local_port_range`. Ports that somebody else reserved stay so.
 */
export async function reservePorts(
  services: readonly ServiceFile[],
  path = kernelFile,
): Promise<void> {
  const before = (await readFile(path, "utf8")).trim();
  const all = [before, portRanges(services.flatMap(portsOf))].filter((it) => it !== "");
  await writeFile(path, `${all.join(",")}\n`);
}

/** Ports as the kernel reads a list of them: `8001-8004,8101`. */
export function portRanges(ports: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const port of [...ports].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && port <= last.to + 1) last.to = port;
    else ranges.push({ from: port, to: port });
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}
