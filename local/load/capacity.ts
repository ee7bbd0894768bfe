import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { leaderPid, type Region } from "../region/index.ts";

/** Samples how many processes of an instance serve. */
export interface CapacitySampler {
  /**
   * The fewest that served at once since a moment (`Date.now()`).
   *
   * @throws Error where nothing was sampled since then, or the sampling broke off.
   */
  least(from: number): number;
  stop(): void;
}

const everyMs = 100;

/**
 * Asks every front port of an instance, from inside it and through its gate, ten times a second.
 *
 * @returns as soon as the first sample is there.
 */
export async function sampleCapacity(
  region: Region,
  instance: string,
  service: Pick<ServiceFile, "ping" | "processes" | "basePort">,
): Promise<CapacitySampler> {
  const program = `
const http = require("node:http");
const ask = (port) => new Promise((resolve) => {
  const request = http.get({ port, host: "127.0.0.1", path: ${JSON.stringify(service.ping)}, agent: false, timeout: 2000 }, (answer) => {
    answer.resume();
    answer.on("end", () => resolve(answer.statusCode === 200 ? 1 : 0));
  });
  request.on("timeout", () => request.destroy());
  request.on("error", () => resolve(0));
});
const ports = Array.from({ length: ${service.processes} }, (_, i) => ${service.basePort} + i + 1);
async function sample() {
  const served = await Promise.all(ports.map(ask));
  console.log(served.reduce((a, b) => a + b, 0));
  setTimeout(sample, ${everyMs});
}
sample();
`;
  const leader = leaderPid(region, instance);
  const child = spawn(
    "nsenter",
    [`--target=${leader}`, "--all", "/usr/local/bin/node", "-e", program],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  const counts = seenCounts(instance);
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => {
      counts.add(Date.now(), Number(line));
      resolve();
    });
    lines.on("close", () => {
      counts.end();
      reject(new Error(`no process of ${instance} could be asked whether it serves`));
    });
  });
  return {
    least: counts.least,
    stop: () => void child.kill("SIGKILL"),
  };
}

/** Collects the samples of an instance. */
export function seenCounts(instance: string) {
  const samples: { readonly at: number; readonly serving: number }[] = [];
  let hasEnded = false;
  return {
    add: (at: number, serving: number) => void samples.push({ at, serving }),
    end() {
      hasEnded = true;
    },
    least(from: number): number {
      const since = samples.filter(({ at }) => at >= from).map(({ serving }) => serving);
      if (hasEnded || since.length === 0) {
        throw new Error(`how many processes of ${instance} serve was not sampled`);
      }
      return Math.min(...since);
    },
  };
}
