import type { Deploy } from "../../protocol/documents.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { allUnits } from "../../protocol/units.ts";

/** The parts of one instance's floor, measured without the agent. */
export interface FloorParts {
  /** Download of the archive. */
  readonly downloadSeconds: number;
  /** A value for each rolled process: its stop, and its start until the first good answer. */
  readonly stopStartSeconds: readonly number[];
  readonly rounds: number;
  readonly minHealthyTimeSeconds: number;
}

/** The least that rolling one process after the other could take on an instance. */
export function floorSeconds(parts: FloorParts): number {
  const { downloadSeconds, stopStartSeconds, rounds, minHealthyTimeSeconds } = parts;
  const work = stopStartSeconds.reduce((sum, seconds) => sum + seconds, 0);
  return downloadSeconds + work + rounds * minHealthyTimeSeconds;
}

/** The number of batches of a roll: the first process alone, then `parallel` at a time. */
export function roundsOf({ processes, parallel, strategy }: ServiceFile): number {
  const together = strategy === "in-place" ? 1 : parallel === "auto" ? 3 : parallel;
  return 1 + Math.ceil((processes - 1) / together);
}

/** Runs a program text with node on an instance and returns its output. */
export type RunNode = (instance: string, program: string) => Promise<string>;

/**
 * Measures, on an instance that serves under load, the download and a few stops and starts of a
 * spare copy of the service: the same release, user and environment as a transient unit, on a
 * port that nothing uses, so that no request is at stake.
 */
export async function measureFloor(
  run: RunNode,
  instance: string,
  service: ServiceFile,
  deploy: Deploy,
  awsEndpoint: string,
): Promise<Pick<FloorParts, "downloadSeconds" | "stopStartSeconds">> {
  const archive = deploy.release.url.replace("s3://", `${awsEndpoint}/`);
  const text = await run(instance, floorProgram(service, archive));
  return JSON.parse(text) as Pick<FloorParts, "downloadSeconds" | "stopStartSeconds">;
}

/** Timed inside the instance, so that entering it does not count. */
function floorProgram(service: ServiceFile, archive: string): string {
  const port = service.basePort + 300;
  return `
const { execFileSync } = require("node:child_process");
const { readFileSync } = require("node:fs");
const http = require("node:http");
// The simulated S3 reads from this header that it is asked as S3, and checks no signature.
const headers = { authorization: "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/s3/aws4_request" };
const ask = (url) => new Promise((resolve) => {
  const request = http.get(url, { agent: false, headers }, (answer) => {
    answer.resume();
    answer.on("end", () => resolve(answer.statusCode));
  });
  request.on("error", () => resolve(0));
});
const since = (from) => (performance.now() - from) / 1000;
async function main() {
  const from = performance.now();
  if ((await ask(${JSON.stringify(archive)})) !== 200) throw new Error("no archive");
  const downloadSeconds = since(from);
  const places = execFileSync("systemctl", ["list-units", "--plain", "--no-legend", "${allUnits(service.service)}"]);
  const place = "/srv/${service.service}/processes/" + /@(\\d+[ab])/.exec(String(places))[1];
  const unit = "floor-of-${service.service}";
  const start = () => execFileSync("systemd-run", ["--quiet", "--collect", "--unit", unit,
    "--uid", "${service.user}", "--property=WorkingDirectory=" + place + "/release",
    "--property=EnvironmentFile=" + place + "/env", "--property=Type=exec",
    "env", "PORT=${port}", "sh", place + "/run"]);
  const stopStartSeconds = [];
  for (let i = 0; i < ${service.processes}; i += 1) {
    const started = performance.now();
    start();
    while ((await ask("http://127.0.0.1:${port}${service.ping}")) !== 200) {
      if (since(started) > 30) throw new Error("it never answered");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const startSeconds = since(started);
    const stopping = performance.now();
    execFileSync("systemctl", ["stop", unit]);
    stopStartSeconds.push(startSeconds + since(stopping));
  }
  console.log(JSON.stringify({ downloadSeconds, stopStartSeconds }));
}
main();
`;
}
