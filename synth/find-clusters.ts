import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { Problem } from "../lib/problem.ts";
import type { Cluster, ClusterFile } from "../modules/cluster/index.ts";

/**
 * Loads every cluster file of a folder, without `account.ts`.
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
  const exported = Object.values(await import(await asScript(join(folder, name))));
  const [cluster] = exported as Cluster[];
  if (exported.length !== 1 || typeof cluster?.services !== "object") {
    throw new Problem({
      happened: `${join(basename(folder), name)} exports ${exported.length} values and not one cluster`,
      unchanged: "nothing was synthesised",
      next: "export one constant from it, as clusters/staging.ts does",
    });
  }
  return { file: name.replace(/\.ts$/, ""), cluster };
}

/** Compiles a TypeScript file to JavaScript, which every node can import. @returns its URL. */
async function asScript(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    logLevel: "silent",
  });
  return `data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? "")}`;
}
