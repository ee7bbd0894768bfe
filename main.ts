/** What `cdktf` runs: every stack of every cluster, as JSON in cdktf.out/. */
import { join } from "node:path";
import { App } from "cdktf";
import { account } from "./clusters/account.ts";
import { findClusters } from "./find-clusters.ts";
import { packageFunction } from "./functions/package.ts";
import { addStacks, type State } from "./modules/cluster/index.ts";
import { Problem } from "./protocol/problem.ts";

const here = import.meta.dirname;

/** What is only simulated never meets a real state: it has a folder of its own. */
const state: State = process.env.SHOESTRING_SIMULATED
  ? {
      kind: "local",
      folder: process.env.SHOESTRING_STATE ?? join(here, ".local", "terraform", "state"),
    }
  : { kind: "account" };

try {
  packageFunction("announce");
  const app = new App();
  const clusters = await findClusters(process.env.SHOESTRING_CLUSTERS ?? join(here, "clusters"));
  addStacks(app, { account, clusters, state });
  app.synth();
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  const { happened, unchanged, next } = error;
  process.stderr.write(
    `${happened.replaceAll("; clusters/", "\n  clusters/")}\n  unchanged: ${unchanged}\n  next: ${next}\n`,
  );
  process.exitCode = 1;
}
