import { type App, LocalBackend, type TerraformStack } from "cdktf";
import { boundRoles, keepState } from "../account/index.ts";
import type { AccountSpec } from "../spec/cluster.ts";
import { AccountStack } from "./account-stack.ts";
import { ConfigStack } from "./config-stack.ts";
import { ClusterStack } from "./stack.ts";
import { type ClusterFile, validateClusters } from "./validate.ts";

/** Where Terraform keeps what it made. */
export type State =
  | { readonly kind: "account" }
  /** A folder; for what is only simulated, and never for what is real. */
  | { readonly kind: "local"; readonly folder: string };

export interface Everything {
  readonly account: AccountSpec;
  readonly clusters: readonly ClusterFile[];
  readonly state: State;
}

/**
 * Adds every stack to the app: one of the account, two of each cluster.
 *
 * @throws Problem for clusters that are not valid, alone or together.
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
}

/** Keeps a stack's state where those of all others are. */
export function keepIn(stack: TerraformStack, at: Pick<Everything, "account" | "state">): void {
  const { account, state } = at;
  if (state.kind === "account") keepState(stack, account);
  else new LocalBackend(stack, { path: `${state.folder}/${stack.node.id}.tfstate` });
}
