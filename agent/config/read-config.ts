import type { Consul, Entry } from "../../protocol/consul.ts";
import { DocumentUnusable, noText } from "../../protocol/documents.ts";
import { whyUnwritable } from "../../protocol/env-file.ts";
import { keys } from "../../protocol/keys.ts";
import { Problem } from "../../protocol/problem.ts";
import type { Environment } from "../effects.ts";

/** A value that names a secret; it is read on the instance, with the instance's own role. */
const reference = /^(ssm|secretsmanager):(.+)$/;

/** Reads secrets by reference (`ssm:<path>`, `secretsmanager:<id>`); rejects if one is missing. */
export type Secrets = (references: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/**
 * Reads a service's environment: `global/` first, then `<service>/`, later wins.
 *
 * @throws ConsulAway, ConsulDenied (a filtered list is not an empty config), DocumentUnusable for a
 * variable that no process can be given, Problem.
 */
export async function readConfig(
  consul: Consul,
  secrets: Secrets,
  service: string,
): Promise<Environment> {
  const [global, own] = await Promise.all([
    consul.list(keys.globalConfig()),
    consul.list(keys.serviceConfig(service)),
  ]);
  const merged = {
    ...variablesOf(keys.globalConfig(), global.found),
    ...variablesOf(keys.serviceConfig(service), own.found),
  };
  const references = Object.values(merged).filter((value) => reference.test(value));
  if (references.length === 0) return merged;
  const values = await secrets([...new Set(references)]);
  return Object.fromEntries(
    Object.entries(merged).map(([name, value]) => [name, values.get(value) ?? value]),
  );
}

/** The variables directly under a prefix; the prefix's own key only marks that it exists. */
function variablesOf(prefix: string, entries: readonly Entry[]): Environment {
  return Object.fromEntries(
    entries
      .map(({ key, value }) => [key.slice(prefix.length), value] as const)
      .filter(([name]) => name !== "" && !name.includes("/"))
      .map(([name, value]) => {
        const why = value.includes(noText) ? "it is not UTF-8" : whyUnwritable(name, value);
        if (why !== undefined) throw new DocumentUnusable(`${prefix}${name}`, why);
        return [name, value];
      }),
  );
}

/** A config that lost more than this part of its variables is taken for a fault. */
const largestLoss = 0.5;

/**
 * Refuses a config that lost most of its variables: a prefix that is gone is not a wish.
 *
 * @throws Problem that names the missing variables.
 */
export function refuseShrunk(service: string, before: Environment, after: Environment): void {
  const had = Object.keys(before);
  const missing = had.filter((name) => !(name in after));
  if (missing.length === 0 || missing.length <= had.length * largestLoss) return;
  throw new Problem({
    happened: `the config of ${service} lost ${missing.length} of its ${had.length} variables (${missing.slice(0, 5).join(", ")}${missing.length > 5 ? ", …" : ""})`,
    unchanged: "every process keeps its release and its environment",
    next: `put them back, or if they are meant to be gone: shoestring restart ${service} --accept-shrunk-config`,
  });
}
