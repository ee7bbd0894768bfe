/** Synthesises every cluster's stacks to cdktf.out/; `cdktf` runs it through synth/main.mjs. */
import { dirname, join, resolve } from "node:path";
import { App } from "cdktf";
import { account } from "../clusters/account.ts";
import { packageFunction } from "../functions/package.ts";
import { Problem } from "../lib/problem.ts";
import { addStacks, type State } from "../modules/cluster/index.ts";
import { withoutCreationStacks } from "./creation-stacks.ts";
import { findClusters } from "./find-clusters.ts";
import { placeLocks, removeLocks } from "./provider-locks.ts";

const checkout = dirname(import.meta.dirname);

/** A simulated run never uses a real state: it has a folder of its own. */
const state: State = process.env.SHOESTRING_SIMULATED
  ? {
      kind: "local",
      folder: resolve(
        process.env.SHOESTRING_STATE ?? join(checkout, ".local", "terraform", "state"),
      ),
    }
  : { kind: "account" };

try {
  const clusters = await findClusters(
    process.env.SHOESTRING_CLUSTERS ?? join(checkout, "clusters"),
  );
  // In a separate process, in parallel with the synth.
  const packaged = packageFunction("announce");
  withoutCreationStacks(() => {
    const app = new App();
    addStacks(app, { account, clusters, state });
    app.synth();
    if (process.env.SHOESTRING_SIMULATED) removeLocks(app.outdir);
    else placeLocks(app.outdir, checkout);
  });
  await packaged;
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  const { happened, unchanged, next } = error;
  process.stderr.write(
    `${happened.replaceAll("; clusters/", "\n  clusters/")}\n  unchanged: ${unchanged}\n  next: ${next}\n`,
  );
  process.exitCode = 1;
}
