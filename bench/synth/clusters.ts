import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster, ServiceSpec } from "../../modules/spec/cluster.ts";

/** The number of clusters that an account's apply role can have. */
const inAccount = 8;

/** A realistic cluster: three zones, a database, and services with config. */
function cluster(number: number, services: number): Cluster {
  const name = `bench-${String(number).padStart(2, "0")}`;
  return {
    name,
    cidr: `10.${number}.0.0/16`,
    account: String(Math.ceil(number / inAccount)).repeat(12),
    region: "eu-central-1",
    dns: { domain: "example.org", zoneId: "Z0123456789EXAMPLE" },
    zones: 3,
    nat: "per-zone",
    flowLogs: true,
    alarmsTo: "on-call@example.org",
    config: { LOG_LEVEL: "info" },
    services: Object.fromEntries(
      Array.from({ length: services }, (_, at) => [`service-${at + 1}`, service(name, at)]),
    ),
    databases: { main: {} },
  };
}

const service = (cluster: string, at: number): ServiceSpec => ({
  instances: {
    min: 2,
    max: 6,
    types: ["m7g.large", "c7g.large"],
    spotPercent: 50,
    onDemandBase: 1,
  },
  command: ["node", "server.js"],
  config: { PASSWORD: `secretsmanager:${cluster}/service-${at + 1}/password` },
  priority: at + 1,
  ...(at % 2 === 0 ? { databases: ["main"] } : {}),
});

/** Writes a folder of cluster files that `synth/main.ts` reads in place of `clusters/`. */
export function writeClusters(folder: string, count: number, services: number): void {
  mkdirSync(folder, { recursive: true });
  for (let number = 1; number <= count; number += 1) {
    const data = cluster(number, services);
    writeFileSync(
      join(folder, `${data.name}.ts`),
      `export const cluster = ${JSON.stringify(data, null, 2)};\n`,
    );
  }
}
