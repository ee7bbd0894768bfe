import { createConnection } from "node:net";
import { readIfThere, writeFileAtomic } from "../host/files.ts";
import {
  assertRunning,
  ensureProcess,
  logPath,
  runningPid,
  signalIfRunning,
} from "../host/processes.ts";
import type { Region } from "../host/region.ts";
import { mustRun } from "../host/run.ts";
import { waitFor } from "../host/wait.ts";
import { haproxyConfig, type LoadBalancer } from "./config.ts";

export const loadBalancerName = "load-balancer";

const configPath = (region: Region) => region.path("load-balancer.cfg");
const socketPath = (region: Region) => region.path("run", "haproxy.sock");

/**
 * Starts the load balancer, or reloads a changed configuration without losing a connection.
 *
 * @throws Problem if HAProxy refuses the configuration; a running one keeps its own.
 */
export async function ensureLoadBalancer(
  region: Region,
  loadBalancer: Omit<LoadBalancer, "address" | "socket">,
): Promise<void> {
  const { targetGroups } = loadBalancer;
  const [address, socket] = [region.names.loopback, socketPath(region)];
  const config = haproxyConfig({ ...loadBalancer, address, socket });
  const changed = readIfThere(configPath(region)) !== config;
  writeFileAtomic(configPath(region), config);
  await mustRun("haproxy", ["-c", "-f", configPath(region)]);
  const started = await ensureProcess(region, {
    name: loadBalancerName,
    command: ["haproxy", "-W", "-db", "-f", configPath(region)],
  });
  // On SIGUSR2 the master starts workers with the new configuration and hands the listener over.
  if (changed && !started) signalIfRunning(region, loadBalancerName, "SIGUSR2");
  await waitFor(
    async () => {
      assertRunning(region, loadBalancerName);
      const found = await targetStates(region);
      const desired = targetGroups.flatMap(({ targets }) => targets.map((t) => t.instance));
      return desired.every((instance) => found.has(instance)) ? true : undefined;
    },
    {
      what: "the load balancer",
      seconds: 10,
      next: `read its log: ${logPath(region, loadBalancerName)}`,
    },
  );
}

/**
 * The health state of each instance, like "UP" or "DOWN"; empty while the load balancer does not
 * run.
 */
export const targetStates = (region: Region) => ofTargets(region, "status");

/** The number of requests that each instance answered with 2xx, without health checks. */
export async function targetAnswers(region: Region): Promise<Map<string, number>> {
  const answers = await ofTargets(region, "hrsp_2xx");
  return new Map([...answers].map(([name, count]) => [name, Number(count)]));
}

/** A column of HAProxy's statistics, by instance. */
async function ofTargets(region: Region, column: string): Promise<Map<string, string>> {
  if (runningPid(region, loadBalancerName) === undefined) return new Map();
  const csv = await command(region, "show stat").catch(() => "");
  const [header = "", ...rows] = csv.replace(/^# /, "").trim().split("\n");
  const columns = header.split(",");
  const server = columns.indexOf("svname");
  const wanted = columns.indexOf(column);
  const totals = new Set(["FRONTEND", "BACKEND"]);
  return new Map(
    rows
      .map((row) => row.split(","))
      .filter((row) => row[server] !== undefined && !totals.has(row[server]))
      .map((row) => [row[server] as string, row[wanted] as string]),
  );
}

/** Runs one command on HAProxy's admin socket. */
function command(region: Region, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socketPath(region));
    let answer = "";
    connection.setTimeout(2000, () => connection.destroy(new Error("no answer within 2 s")));
    connection.on("data", (chunk) => {
      answer += chunk.toString("utf8");
    });
    connection.on("error", reject);
    connection.on("end", () => resolve(answer));
    connection.end(`${text}\n`);
  });
}
