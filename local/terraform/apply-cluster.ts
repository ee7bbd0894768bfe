import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Applied } from "../../terraform/terraform.ts";
import { simulatedTerraform } from "./simulated.ts";

/** The applied resources of a cluster's two stacks. */
export interface AppliedCluster {
  /** The stack `<cluster>`. */
  readonly aws: Applied;
  /** The stack `<cluster>-config`. */
  readonly config: Applied;
}

/**
 * Plans and applies both stacks of a cluster with simulated providers, and reads the result.
 *
 * @param folder has the synthesised stacks: `<folder>/stacks/<stack>/cdk.tf.json`.
 * @throws Problem with Terraform's own words.
 */
export async function applyCluster(
  folder: string,
  cluster: string,
  log: (line: string) => void,
): Promise<AppliedCluster> {
  const terraform = await simulatedTerraform(log);
  const apply = async (stack: string): Promise<Applied> => {
    const at = join(folder, "stacks", stack);
    forgetProviders(at);
    await terraform.init(at);
    if ((await terraform.plan(at)) === "changes") {
      await terraform.apply(at);
      log(`terraform: ${stack} is applied (simulated: nothing of it exists at AWS)`);
    }
    return terraform.showState(at);
  };
  const [aws, config] = await Promise.all([apply(cluster), apply(`${cluster}-config`)]);
  return { aws, config };
}

/**
 * Makes `init` find the simulated providers of this checkout. It would keep those of an earlier one
 * and their lock, and they cannot read this one's data.
 */
function forgetProviders(stackFolder: string): void {
  for (const name of [".terraform", ".terraform.lock.hcl"]) {
    rmSync(join(stackFolder, name), { recursive: true, force: true });
  }
}
