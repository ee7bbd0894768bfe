import { randomUUID } from "node:crypto";
import type { Blueprint } from "./blueprint.ts";
import type { Grant } from "./consul.ts";
import type { RegionState } from "./state.ts";

/** Names the grant of a service's instances. */
export const agentGrant = (service: string) => `agent-${service}`;

/** A token at random for each of Consul's policies. */
export const newTokens = ({ policies }: Blueprint): RegionState["tokens"] => ({
  management: randomUUID(),
  ...Object.fromEntries(policies.map(({ name }) => [name, randomUUID()])),
});

export const tokenOf = (state: RegionState, grant: string) => state.tokens[grant] as string;

export const grantsOf = (state: RegionState): Grant[] =>
  state.blueprint.policies.map(({ name, rules }) => ({ name, rules, token: tokenOf(state, name) }));

/** The Consul tokens that instances and functions read with their own roles, by parameter. */
export function parameters(state: RegionState): Record<string, string> {
  const { announceTokenParameter, groups } = state.blueprint;
  return Object.fromEntries([
    [announceTokenParameter, tokenOf(state, "announce")],
    ...groups.map(({ service, tokenParameter }) => [
      tokenParameter,
      tokenOf(state, agentGrant(service)),
    ]),
  ]);
}
