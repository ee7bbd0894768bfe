import type { Consul, Entry } from "../../lib/consul.ts";
import { Problem } from "../../lib/problem.ts";
import { DocumentUnusable, noText } from "../../protocol/documents.ts";
import { whyUnwritable } from "../../protocol/env-file.ts";
import { keys } from "../../protocol/keys.ts";
import { isMeantAsReference } from "../../protocol/secret-reference.ts";
import type { Config, Environment } from "../core/effects.ts";

/**
 * Reads secrets by reference (protocol/secret-reference.ts), with the instance's own role; rejects
 * if one is missing or is no whole reference.
 */
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
): Promise<Config> {
  const [listedGlobal, listedOwn] = await Promise.all([
    consul.list(keys.globalConfig()),
    consul.list(keys.serviceConfig(service)),
  ]);
  const global = variablesOf(keys.globalConfig(), listedGlobal.found);
  const own = variablesOf(keys.serviceConfig(service), listedOwn.found);
  const scopes = { global: Object.keys(global), own: Object.keys(own) };
  const merged = { ...global, ...own };
  const references = Object.values(merged).filter(isMeantAsReference);
  if (references.length === 0) return { environment: merged, scopes };
  const values = await secrets([...new Set(references)]);
  const environment = Object.fromEntries(
    Object.entries(merged).map(([name, value]) => [name, values.get(value) ?? value]),
  );
  return { environment, scopes };
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

/** A config that lost more than this share of its variables is treated as a fault. */
const largestLoss = 0.5;

/** A person may have emptied a scope with fewer variables, one after the other. */
const fewestOfScope = 2;

/**
 * Refuses a config that lost most of its variables, or all of a scope: a missing prefix is a fault,
 * not an intended change.
 *
 * @throws Problem that names the missing variables.
 */
export function refuseShrunk(service: string, before: Config, after: Config): void {
  const had = Object.keys(before.environment);
  const missing = had.filter((name) => !(name in after.environment));
  if (missing.length > had.length * largestLoss) {
    throw shrunk(service, `the config of ${service}`, missing, had.length);
  }
  for (const scope of ["global", "own"] as const) {
    const names = before.scopes[scope];
    if (names.length < fewestOfScope || after.scopes[scope].length > 0) continue;
    const prefix = scope === "global" ? keys.globalConfig() : keys.serviceConfig(service);
    throw shrunk(service, `the scope ${prefix} of the config of ${service}`, names, names.length);
  }
}

function shrunk(service: string, what: string, missing: readonly string[], had: number): Problem {
  return new Problem({
    happened: `${what} lost ${missing.length} of its ${had} variables (${missing.slice(0, 5).join(", ")}${missing.length > 5 ? ", …" : ""})`,
    unchanged: "every process keeps its release and its environment",
    next: `put them back, or if they are meant to be gone: shoestring restart ${service} --accept-shrunk-config`,
  });
}
