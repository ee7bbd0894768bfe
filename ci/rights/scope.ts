import { accountNames } from "../../modules/account/index.ts";
import type { AccountSpec, Cluster } from "../../modules/spec/cluster.ts";
import { parseSecretReference } from "../../protocol/secret-reference.ts";
import type { Context } from "./policy/conditions.ts";

/** What a role is for. A cluster's names tell which roles are of a kind. */
export const roleKinds = [
  "plan",
  "apply",
  "deploy",
  "instance",
  "consul",
  "announce",
  "flow-logs",
] as const;
export type RoleKind = (typeof roleKinds)[number];

/** A role's surroundings: the words that a row about it may use in braces. */
export interface Scope {
  /** The role's name. */
  readonly role: string;
  readonly account: string;
  readonly region: string;
  readonly cluster: string;
  /** Artifacts bucket of the cluster. */
  readonly bucket: string;
  /** Bucket of Terraform's state. */
  readonly state: string;
  /** `{service}`: those on the instances of the role, or the one of a deploy role; a row is asked for each. */
  readonly services: readonly string[];
  /** `{header}`: parameters of the collector's headers; a row is asked for each. */
  readonly headers: readonly string[];
  /** `{slackToken}`: the parameter of the bot's token, where the cluster has Slack. */
  readonly slackTokens: readonly string[];
}

/** The roles of one cluster and of its account, by kind. */
export function scopesOf(
  account: AccountSpec,
  cluster: Cluster,
): Readonly<Record<RoleKind, readonly Scope[]>> {
  const { name, region } = cluster;
  const { stateBucket, planRole, applyRole, deployRole } = accountNames(account);
  const scope = (role: string, services: readonly string[] = []): Scope => ({
    role,
    account: cluster.account,
    region,
    cluster: name,
    bucket: `${name}-artifacts-${cluster.account}-${region}`,
    state: stateBucket,
    services,
    headers: Object.values(cluster.trace?.headers ?? {}).flatMap(
      (it) => parseSecretReference(it)?.name ?? [],
    ),
    slackTokens: cluster.slack === undefined ? [] : [`/shoestring/${name}/global/slack-token`],
  });
  const services = Object.entries(cluster.services);
  const hostOf = (service: string) => {
    const { instances } = cluster.services[service] ?? {};
    return instances && "sharedWith" in instances ? instances.sharedWith : service;
  };
  const groups = services.map(([it]) => it).filter((it) => hostOf(it) === it);
  return {
    plan: [scope(planRole)],
    apply: [scope(applyRole)],
    deploy: services
      .filter(([, it]) => it.repository !== undefined)
      .map(([service]) => scope(deployRole(name, service), [service])),
    instance: groups.map((host) =>
      scope(
        `${name}-${host}`,
        services.map(([it]) => it).filter((it) => hostOf(it) === host),
      ),
    ),
    consul: [scope(`${name}-consul`)],
    announce: [scope(`${name}-announce`)],
    "flow-logs": cluster.flowLogs ? [scope(`${name}-flow-logs`)] : [],
  };
}

/** A text with the scope's words in place of `{word}`: one text, or one for each service, header or token. */
export function fillIn(template: string, scope: Scope): readonly string[] {
  const each: readonly (readonly [string, readonly string[]])[] = [
    ["{service}", scope.services],
    ["{header}", scope.headers],
    ["{slackToken}", scope.slackTokens],
  ];
  const [word, values] = each.find(([it]) => template.includes(it)) ?? ["", [""]];
  return values.map((value) =>
    (word === "" ? template : template.replaceAll(word, value)).replaceAll(
      /\{(role|account|region|cluster|bucket|state)\}/g,
      (_, name: "role" | "account" | "region" | "cluster" | "bucket" | "state") => scope[name],
    ),
  );
}

/** A context with the scope's words in place of `{word}`. */
export const fillInContext = (context: Context, scope: Scope): Context =>
  Object.fromEntries(
    Object.entries(context).map(([key, value]) => [key, fillIn(value, scope)[0] as string]),
  );
