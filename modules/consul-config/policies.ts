import { keys } from "../../protocol/keys.ts";

/**
 * The rights of an instance that runs these services: read their config, report its rolls, acquire
 * their slots, register itself; and roll them back, which is a deploy and a hold. It cannot write
 * config.
 *
 * @returns rules in Consul's HCL.
 */
export function agentRules(services: readonly string[]): string {
  return [
    keyPrefix(keys.globalConfig(), "list"),
    keyPrefix(keys.audits(), "write"),
    keyPrefix(keys.drains(), "list"),
    // It sets the token of the Consul client beside it, and registers that node with it.
    rule("agent_prefix", "", "write"),
    rule("node_prefix", "", "write"),
    rule("session_prefix", "", "write"),
    // The list of the service's instances decides which one coordinates a rollout.
    rule("service_prefix", "", "read"),
    ...services.flatMap((service) => [
      keyPrefix(keys.serviceConfig(service), "list"),
      key(keys.deploy(service), "write"),
      key(keys.hold(service), "write"),
      key(keys.pause(service), "read"),
      key(keys.good(service), "write"),
      key(keys.previousGood(service), "write"),
      keyPrefix(keys.rollouts(service), "write"),
      keyPrefix(keys.slots(service), "write"),
      rule("service", service, "write"),
    ]),
  ].join("");
}

/** The rights of the announce function: write deploys unless held, and record its actions. */
export function announceRules(): string {
  return [
    keyPrefix(keys.deploys(), "write"),
    // The copy of each deploy that history shows.
    keyPrefix("rollouts/", "write"),
    keyPrefix(keys.holds(), "list"),
    keyPrefix(keys.audits(), "write"),
  ].join("");
}

/** The rights of an operator with the CLI: everything in KV, reads elsewhere. No ACL changes. */
export function operatorRules(): string {
  return [
    keyPrefix("", "write"),
    rule("session_prefix", "", "write"),
    rule("service_prefix", "", "read"),
    rule("node_prefix", "", "read"),
    rule("agent_prefix", "", "read"),
  ].join("");
}

/** The rights of a viewer: read everything that is not secret. */
export function viewerRules(): string {
  return [
    keyPrefix("", "list"),
    rule("session_prefix", "", "read"),
    rule("service_prefix", "", "read"),
    rule("node_prefix", "", "read"),
    rule("agent_prefix", "", "read"),
  ].join("");
}

/** `list` is read plus recursive listing, a separate right with `enable_key_list_policy`. */
type Access = "read" | "list" | "write";

const key = (name: string, access: Access) => rule("key", name, access);
const keyPrefix = (prefix: string, access: Access) => rule("key_prefix", prefix, access);

const rule = (kind: string, name: string, policy: Access) =>
  `${kind} ${JSON.stringify(name)} { policy = "${policy}" }\n`;
