import { setTimeout as pause } from "node:timers/promises";
import { aDeploy } from "../../agent/testing/builders.ts";
import type { Consul } from "../../lib/consul.ts";
import { ConsulHttp } from "../../lib/consul-http.ts";
import { nodeHttp } from "../../lib/http.ts";
import { percentile } from "../../local/load/records.ts";
import { until } from "../../local/testing/until.ts";
import { Deploy, formatDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { startConsulServer } from "../consul-server.ts";
import { usageOf } from "../resident.ts";
import type { FleetCounts, FleetOptions } from "./fleet.ts";
import { forked } from "./questions.ts";
import { connectionsOfAgent } from "./resting-agent.ts";
import { type Requests, simulatedRollout } from "./simulated-rollout.ts";

export interface ScaleResult {
  readonly agents: number;
  readonly sourceAddresses: number;
  readonly writes: number;
  /** The time from before the write until an agent gets it: over all agents and writes. */
  readonly deliveryP50Ms: number;
  readonly deliveryP99Ms: number;
  /** The time until the last agent gets it: for the median write, and the worst. */
  readonly lastDeliveryMs: number;
  readonly worstLastDeliveryMs: number;
  /** Processor time of the server for one write, its watchers included. */
  readonly serverCpuMsPerWrite: number;
  readonly serverMegabytesBefore: number;
  readonly serverMegabytes: number;
  /** Transactions of one key that the server commits, without the agents. */
  readonly writesPerSecond: number;
  /** The cost of the agents' watches without any write. */
  readonly idle: {
    readonly seconds: number;
    readonly requestsPerSecond: number;
    readonly serverCpuPercent: number;
  };
  /** Requests without a usable answer, in all. */
  readonly failed: number;
}

/** Uses 160 of the 200 connections that Consul allows for an address; the rest is for retries. */
const agentsPerAddress = Math.floor(160 / connectionsOfAgent);

/** Simulated agents with their real watches, in one process, against one real Consul server. */
export async function measureScale(
  parameters: { readonly agents: number; readonly writes: number; readonly idleSeconds: number },
  say: (line: string) => void,
): Promise<ScaleResult> {
  const { agents, writes, idleSeconds } = parameters;
  const server = await startConsulServer(say);
  const consul = new ConsulHttp({ url: server.url, token: "", http: nodeHttp() });
  const key = keys.deploy("web");
  const write = (revision: number) =>
    consul.write([{ verb: "set", key, value: formatDocument(Deploy, key, aDeploy(revision)) }]);
  const writesPerSecond = await mostWrites(consul);
  const before = usageOf(server.pid);
  await write(1);
  const options: FleetOptions = { consulUrl: server.url, agents, agentsPerAddress };
  const fleet = forked<FleetCounts>(new URL("./fleet.ts", import.meta.url), options);
  const deliveriesOf = (revision: number) =>
    until(
      `agent told of revision ${revision}`,
      async () => {
        const deliveries = (await fleet.ask()).deliveries[revision] ?? [];
        return deliveries.length === agents ? deliveries : undefined;
      },
      60,
    );
  try {
    await deliveriesOf(1);
    await pause(3000); // all wait again
    say(`  ${agents} agents watch; ${writes} writes`);
    const delays: number[] = [];
    const last: number[] = [];
    const cpuBefore = usageOf(server.pid).cpuSeconds;
    for (let revision = 2; revision <= writes + 1; revision += 1) {
      const from = performance.timeOrigin + performance.now();
      await write(revision);
      // Asked afterwards, so that the question does not disturb the measurement.
      await pause(1500);
      const each = (await deliveriesOf(revision)).map((at) => at - from);
      delays.push(...each);
      last.push(Math.max(...each));
    }
    const after = usageOf(server.pid);
    say(`  the last one was told ${Math.round(Math.max(...last))} ms after a write, at worst`);
    say(`  nothing is written for ${idleSeconds} s`);
    const from = await fleet.ask();
    await pause(idleSeconds * 1000);
    const to = await fleet.ask();
    const idleCpu = usageOf(server.pid).cpuSeconds - after.cpuSeconds;
    delays.sort((a, b) => a - b);
    last.sort((a, b) => a - b);
    return {
      agents,
      sourceAddresses: Math.ceil(agents / agentsPerAddress),
      writes,
      deliveryP50Ms: Math.round(percentile(delays, 0.5)),
      deliveryP99Ms: Math.round(percentile(delays, 0.99)),
      lastDeliveryMs: Math.round(percentile(last, 0.5)),
      worstLastDeliveryMs: Math.round(percentile(last, 1)),
      serverCpuMsPerWrite: Math.round(((after.cpuSeconds - cpuBefore) / writes) * 1000),
      serverMegabytesBefore: before.megabytes,
      serverMegabytes: after.megabytes,
      writesPerSecond,
      idle: {
        seconds: idleSeconds,
        requestsPerSecond: Math.round(((to.requests - from.requests) / idleSeconds) * 10) / 10,
        serverCpuPercent: Math.round((idleCpu / idleSeconds) * 1000) / 10,
      },
      failed: to.failed,
    };
  } finally {
    fleet.stop();
    await server.stop();
  }
}

/** Runs a writer for each connection of an agent for some seconds; a value has a report's size. */
async function mostWrites(consul: Consul): Promise<number> {
  const [writers, seconds] = [16, 3];
  const value = "x".repeat(1000);
  const deadline = performance.now() + seconds * 1000;
  let written = 0;
  const writer = async (_: unknown, n: number) => {
    for (let i = 0; performance.now() < deadline; i += 1) {
      await consul.write([{ verb: "set", key: `bench/${n}`, value: `${value}${i}` }]);
      written += 1;
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  return Math.round(written / seconds);
}

/** The requests to Consul of a rollout over simulated instances, one instance at a time. */
export interface RolloutWrites {
  readonly instances: number;
  readonly requests: Requests;
}

export async function countRollouts(sizes: readonly number[]): Promise<RolloutWrites[]> {
  const counted: RolloutWrites[] = [];
  for (const instances of sizes) {
    counted.push({ instances, requests: await simulatedRollout(instances) });
  }
  return counted;
}
