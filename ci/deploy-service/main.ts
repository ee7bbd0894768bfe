/** A step of deploy-service.yml: finds a build's target, and passes it on to the next steps. */
import { appendFileSync } from "node:fs";
import { account } from "../../clusters/account.ts";
import { Problem, threeLines } from "../../lib/problem.ts";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { environmentOf } from "./environment.ts";
import { clusterOf, targetOf } from "./target.ts";

const { env } = process;
const startedAt = new Date();

try {
  const cluster = await loadCluster(clusterOf(env.GITHUB_REF ?? ""));
  const run = {
    ref: env.GITHUB_REF ?? "",
    repository: env.GITHUB_REPOSITORY ?? "",
    service: env.SERVICE ?? "",
    runNumber: env.GITHUB_RUN_NUMBER ?? "",
    sequenceOffset: env.SEQUENCE_OFFSET ?? "",
  };
  const target = targetOf(run, cluster, account);
  writeValues(env.GITHUB_OUTPUT, target);
  writeValues(env.GITHUB_ENV, environmentOf(cluster, startedAt));
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`${threeLines(error)}\n`);
  process.exitCode = 1;
}

/** Imports the file as it is: this runs where node takes TypeScript, without other tools. */
async function loadCluster(name: string): Promise<Cluster> {
  const exported = await import(`../../clusters/${name}.ts`).catch(() => ({}));
  const cluster = Object.values(exported)[0] as Cluster | undefined;
  if (cluster?.services) return cluster;
  throw new Problem({
    happened: `there is no cluster ${name}`,
    unchanged: "nothing was built or uploaded",
    next: "push to deploy/<cluster>, with the name of a cluster's file in clusters/",
  });
}

/** Writes values to the file that GitHub names, or to stdout on a laptop. */
function writeValues(file: string | undefined, values: object): void {
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
  if (file) appendFileSync(file, lines.join(""));
  else process.stdout.write(lines.join(""));
}
