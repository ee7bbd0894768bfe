import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writeFileAtomic } from "../region/files.ts";
import { type Applied, simulatedTerraform } from "./terraform.ts";

/** What was applied of a cluster's two stacks. */
export interface AppliedCluster {
  /** The stack `<cluster>`. */
  readonly aws: Applied;
  /** The stack `<cluster>-config`. */
  readonly config: Applied;
}

/**
 * Plans and applies both stacks of a cluster with played providers, and reads what is there then.
 * Stacks that are as they were when they were applied last are only read.
 *
 * @param folder where the synthesised stacks are: `<folder>/stacks/<stack>/cdk.tf.json`.
 * @throws Problem with Terraform's own words.
 */
export async function applyCluster(
  folder: string,
  cluster: string,
  log: (line: string) => void,
): Promise<AppliedCluster> {
  const [aws, config] = await Promise.all([
    applyStack(folder, cluster, log),
    applyStack(folder, `${cluster}-config`, log),
  ]);
  return { aws, config };
}

async function applyStack(
  folder: string,
  stack: string,
  log: (line: string) => void,
): Promise<Applied> {
  const at = join(folder, "stacks", stack);
  const terraform = await simulatedTerraform();
  const inputs = hashed([
    readFileSync(join(at, "cdk.tf.json"), "utf8"),
    JSON.stringify(terraform.env),
  ]);
  const remembered = join(folder, `${stack}.applied.json`);
  const before = JSON.parse(readIfThere(remembered) ?? "{}") as {
    inputs?: string;
    applied?: Applied;
  };
  if (before.inputs === inputs && before.applied) return before.applied;
  await terraform.init(at);
  if ((await terraform.plan(at)) === "changes") {
    await terraform.applyPlan(at);
    log(`terraform: ${stack} is applied (simulated: nothing of it exists at AWS)`);
  }
  const applied = await terraform.show(at);
  writeFileAtomic(remembered, JSON.stringify({ inputs, applied }), 0o600);
  return applied;
}

const hashed = (parts: readonly string[]) =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex");
