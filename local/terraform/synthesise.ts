import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { account } from "../../clusters/account.ts";
import { packageFunction } from "../../functions/package.ts";
import { addStacks, type Cluster } from "../../modules/cluster/index.ts";

/**
 * Synthesises one cluster as `synth/main.ts` does, with its state beside it.
 *
 * @param folder gets `stacks/<stack>/cdk.tf.json`, and Terraform's states in `state/`.
 */
export async function synthesiseCluster(folder: string, cluster: Cluster): Promise<void> {
  mkdirSync(join(folder, "state"), { recursive: true });
  await packageFunction("announce");
  const app = new App({ outdir: folder });
  const clusters = [{ file: cluster.name, cluster }];
  addStacks(app, { account, clusters, state: { kind: "local", folder: join(folder, "state") } });
  app.synth();
}
