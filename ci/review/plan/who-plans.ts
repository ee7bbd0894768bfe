import type { StackConfig } from "./stack-contents.ts";

/** The runner that plans and applies a stack, or why no workflow does it. */
export type Place =
  | { readonly runner: string | readonly string[] }
  /** Shown to people in place of a plan. */
  | { readonly left: string };

export interface Runners {
  /** GitHub's name for its own runner. */
  readonly hosted: string;
  /** Clusters with self-hosted runners in their network, which reach its Consul. */
  readonly insideOf: readonly string[];
  /** The action: runners that apply have a token that may write. */
  readonly does: "plan" | "apply";
}

/**
 * The runner of a stack's workflow. A stack `<cluster>-config` needs Consul, which answers only
 * inside the cluster's network. A cluster in another account is only simulated.
 */
export function placeOf(
  stack: string,
  configs: ReadonlyMap<string, StackConfig>,
  { hosted, insideOf, does }: Runners,
): Place {
  if (stack === "account") {
    if (does === "plan") return { runner: hosted };
    return { left: "an administrator applies the account's stack, with their own rights" };
  }
  const cluster = stack.replace(/-config$/, "");
  const isConfig = cluster !== stack && configs.has(cluster);
  const aws = configs.get(isConfig ? cluster : stack);
  const ours = accountsOf(configs.get("account"));
  if (aws && ours && !accountsOf(aws)?.some((it) => ours.includes(it))) {
    return { left: "it is of no account of ours: only the local region has it" };
  }
  if (!isConfig) return { runner: hosted };
  if (insideOf.includes(cluster)) {
    return { runner: ["self-hosted", `consul-${does}-${cluster}`] };
  }
  return {
    left: `its Consul answers only inside the network, and no runner is there; ${does} it from inside: npx cdktf ${does} ${stack}`,
  };
}

function accountsOf(config: StackConfig | undefined): readonly string[] | undefined {
  const { aws } = (config?.provider ?? {}) as {
    aws?: readonly { readonly allowed_account_ids?: readonly string[] }[];
  };
  return aws?.[0]?.allowed_account_ids;
}
