/** A step of deploy-service.yml: checks where a run's build goes, and tells the steps that follow. */
import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { account } from "../../clusters/account.ts";
import type { Cluster } from "../../modules/cluster/cluster.ts";
import { Problem } from "../../protocol/problem.ts";
import { clusterOf, targetOf } from "./target.ts";

const { env } = process;
const startedAt = new Date().toISOString();

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
  const lines = Object.entries(target).map(([name, value]) => `${name}=${value}\n`);
  tell(env.GITHUB_OUTPUT, lines.join(""));
  // The build's span, which later steps are told of: the trace of this deploy begins here.
  tell(env.GITHUB_ENV, `TRACEPARENT=${newTraceparent()}\nBUILD_STARTED=${startedAt}\n`);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  const { happened, unchanged, next } = error;
  process.stderr.write(`failed: ${happened}\nunchanged: ${unchanged}\nnext: ${next}\n`);
  process.exitCode = 1;
}

/** The file is imported as it is: this runs where node takes TypeScript, and nothing else is there. */
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

/** By the file that GitHub names; on a laptop there is none. */
function tell(file: string | undefined, text: string): void {
  if (file) appendFileSync(file, text);
  else process.stdout.write(text);
}

function newTraceparent(): string {
  return `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`;
}
