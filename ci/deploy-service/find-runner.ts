/**
 * The first job of deploy-service.yml: finds the runner of the second one. It imports no package, so
 * that the job installs none.
 */
import { appendFileSync } from "node:fs";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { clusterName, runnerOf } from "./runner.ts";

const { GITHUB_REF = "", SERVICE = "", GITHUB_OUTPUT } = process.env;
const name = clusterName(GITHUB_REF);
const exported = name ? await import(`../../clusters/${name}.ts`).catch(() => ({})) : {};
const line = `runner=${runnerOf(Object.values(exported)[0] as Cluster | undefined, SERVICE)}\n`;
if (GITHUB_OUTPUT) appendFileSync(GITHUB_OUTPUT, line);
else process.stdout.write(line);
