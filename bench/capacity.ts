import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { leaderPid, type Region } from "../local/region/index.ts";
import type { ServiceFile } from "../protocol/service-file.ts";

/** Samples how many processes of an instance serve. */
export interface CapacitySampler {
  /** The fewest that served at once since the last call. */
  least(): number;
  stop(): void;
}

const everyMs = 100;

/**
 * Asks every front port of an instance, from inside it and through its gate, ten times a second.
 */
export function sampleCapacity(
  region: Region,
  instance: string,
  service: ServiceFile,
): CapacitySampler {
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
  let least = service.processes;
  createInterface({ input: child.stdout }).on("line", (line) => {
    least = Math.min(least, Number(line));
  });
  return {
    least() {
      const seen = least;
      least = service.processes;
      return seen;
    },
    stop: () => void child.kill("SIGKILL"),
  };
}
