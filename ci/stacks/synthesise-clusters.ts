import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { account } from "../../clusters/account.ts";
import { addStacks, type Cluster, type ClusterFile } from "../../modules/cluster/index.ts";
import { withoutCreationStacks } from "../../synth/creation-stacks.ts";
import { findClusters } from "../../synth/find-clusters.ts";

const clustersFolder = join(import.meta.dirname, "../../clusters");

/** The clusters of this checkout, as `synth/main.ts` finds them. */
export const ourClusters = () => findClusters(clustersFolder);

/** A cluster as if it were in `clusters/<name>.ts`. */
export const asFile = (cluster: Cluster): ClusterFile => ({ file: cluster.name, cluster });

/** The JSON text of every stack, by its name, as `cdktf synth` writes it with all validations. */
export function synthesiseClusters(clusters: readonly ClusterFile[]): Map<string, string> {
  const outdir = mkdtempSync(join(tmpdir(), "shoestring-synth-"));
  try {
    withoutCreationStacks(() => {
      const app = new App({ outdir });
      addStacks(app, { account, clusters, state: { kind: "local", folder: "/state" } });
      app.synth();
    });
    return new Map(
      readdirSync(join(outdir, "stacks")).map((stack) => [
        stack,
        readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8"),
      ]),
    );
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
