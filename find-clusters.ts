import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Cluster, ClusterFile } from "./modules/cluster/index.ts";
import { Problem } from "./protocol/problem.ts";

/**
 * Loads every cluster's file of a folder; `account.ts` is not one.
 *
 * @throws Problem for a file that does not export exactly one cluster.
 */
export async function findClusters(folder: string): Promise<ClusterFile[]> {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && name !== "account.ts")
    .sort();
  return Promise.all(files.map((name) => load(folder, name)));
}

async function load(folder: string, name: string): Promise<ClusterFile> {
  const exported = Object.values(await import(pathToFileURL(join(folder, name)).href));
  const [cluster] = exported as Cluster[];
  if (exported.length !== 1 || typeof cluster?.services !== "object") {
    throw new Problem({
      happened: `clusters/${name} exports ${exported.length} values and not one cluster`,
      unchanged: "nothing was synthesised",
      next: "export one constant from it, as clusters/staging.ts does",
    });
  }
  return { file: name.replace(/\.ts$/, ""), cluster };
}
