import { join } from "node:path";
import type { Cluster } from "../../modules/spec/cluster.ts";
import { readIfThere } from "../host/files.ts";
import { checkout, type Region } from "../host/region.ts";
import { remembered } from "../terraform/remembered.ts";
import { type Blueprint, readBlueprint } from "./blueprint.ts";

/** Synthesises the cluster, applies it with simulated providers, and reads what was applied. */
export async function applyBlueprint(
  region: Region,
  cluster: Cluster,
  log: (line: string) => void,
): Promise<Blueprint> {
  const folder = region.path("terraform");
  // A state that somebody applied by hand since then counts too.
  const stateOf = (stack: string) => readIfThere(join(folder, "state", `${stack}.tfstate`)) ?? "";
  const inputs = () => [
    JSON.stringify(cluster),
    stateOf(cluster.name),
    stateOf(`${cluster.name}-config`),
    readIfThere(join(checkout, "local", "region", "blueprint.ts")) ?? "",
  ];
  return remembered(join(folder, "blueprint.json"), inputs, async () => {
    // Loaded late: cdktf takes a second, and a region that is up to date does not need it.
    const { synthesiseCluster } = await import("../terraform/synthesise.ts");
    const { applyCluster } = await import("../terraform/apply-cluster.ts");
    await synthesiseCluster(folder, cluster);
    return readBlueprint(await applyCluster(folder, cluster.name, log));
  });
}
