import { type App, LocalBackend, type TerraformStack } from "cdktf";
import { Problem } from "../../lib/problem.ts";
import { boundRoles, keepState } from "../account/index.ts";
import type { AccountSpec } from "../spec/cluster.ts";
import { AccountStack } from "./account-stack.ts";
import type { ClusterFile } from "./cluster-file.ts";
import { ClusterStack } from "./cluster-stack.ts";
import { ConfigStack } from "./config-stack.ts";
import { validateClusters } from "./validate.ts";

/** The place where Terraform stores its state. */
export type State =
  | { readonly kind: "account" }
  /** A folder; only for simulated resources, never for real ones. */
  | { readonly kind: "local"; readonly folder: string };

export interface Everything {
  readonly account: AccountSpec;
  readonly clusters: readonly ClusterFile[];
  readonly state: State;
}

/**
 * Adds every stack to the app: one for the account, two for each cluster.
 *
 * @throws Problem for clusters that are invalid, alone or together.
 */
export function addStacks(app: App, { account, clusters, state }: Everything): void {
  validateClusters(clusters);
  const keep = (stack: TerraformStack) => keepIn(stack, { account, state });
  const all = clusters.map(({ cluster }) => cluster);
  keep(new AccountStack(app, account, all));
  for (const { cluster } of clusters) {
    const stack = new ClusterStack(app, cluster);
    boundRoles(stack, account);
    keep(stack);
    keep(new ConfigStack(app, cluster));
  }
  checkStacks(app);
}

/**
 * Checks what is known only when all parts of a stack are there, like the order of a load balancer's
 * rules. The synth would check it too, and print the stack of an error of cdktf.
 */
function checkStacks(app: App): void {
  const faults = app.node.findAll().flatMap((construct) => {
    const [stack, ...path] = construct.node.path.split("/");
    const where = stack === "account" ? "clusters/account.ts" : `clusters/${stack}.ts`;
    return construct.node.validate().map((fault) => `${where}: ${path.join("/")}: ${fault}`);
  });
  if (faults.length === 0) return;
  throw new Problem({
    happened: faults.join("; "),
    unchanged: "nothing was synthesised",
    next: "correct the named services in clusters/",
  });
}

/** Stores a stack's state beside that of all others. */
export function keepIn(stack: TerraformStack, at: Pick<Everything, "account" | "state">): void {
  const { account, state } = at;
  if (state.kind === "account") keepState(stack, account);
  else new LocalBackend(stack, { path: `${state.folder}/${stack.node.id}.tfstate` });
}
