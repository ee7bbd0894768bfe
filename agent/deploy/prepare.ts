import type { Consul } from "../../lib/consul.ts";
import { describe, Problem } from "../../lib/problem.ts";
import { parseDeploy } from "../../protocol/deploys.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Config, Launch, Log, Store } from "../core/effects.ts";
import { environmentIdOf, inUse, type ServiceState } from "../core/state.ts";
import type { Target } from "../roll/roll.ts";
import { type Secrets as ReadSecrets, readConfig, refuseShrunk } from "./read-config.ts";

/** Reads secrets by reference, until the signal ends it. */
export type Secrets = (references: readonly string[], stop: AbortSignal) => ReturnType<ReadSecrets>;

export interface PrepareContext {
  readonly consul: Consul;
  readonly secrets: Secrets;
  readonly store: Store;
  readonly log: Log;
}

/**
 * Brings a deploy's release and environment to this instance; running processes are not touched.
 * Runs once for each deploy: a second call finds the files of the first.
 *
 * @param stop aborts the slow parts when the deploy is no longer wanted.
 * @throws Problem for a release or a config that must not be used; ConsulAway; ConsulDenied.
 */
export async function prepare(
  deps: PrepareContext,
  state: ServiceState,
  deploy: Deploy,
  stop: AbortSignal,
): Promise<Target> {
  const { store } = deps;
  const [fetched, kept] = await Promise.allSettled([
    fetchOnce(store, state, deploy, stop),
    configFor(deps, state, deploy, stop),
  ]);
  // Both have ended before an error is thrown: a retry must not meet the first download.
  if (fetched.status === "rejected") throw fetched.reason;
  if (kept.status === "rejected") throw kept.reason;
  const { environmentId, config } = kept.value;
  for (const id of new Set([environmentId, environmentIdOf(deploy)])) {
    await store.writeEnvironment(id, deploy.release.id, config);
  }
  const launch = await store.launchOf(deploy.release.id);
  await refuseUnknownKinds(deps, state, deploy, launch);
  const { environment } = config;
  return { releaseId: deploy.release.id, environmentId, launch, environment };
}

/**
 * A misspelt kind would start with another command than its build says. One that served before is
 * no mistake: its kind has left the cluster file since, and instances and rollbacks must not wait
 * for a new build.
 */
async function refuseUnknownKinds(
  { consul, log }: PrepareContext,
  { serving, servedWith = {} }: ServiceState,
  { service, release, kind }: Deploy,
  { unknownKinds, kinds = {} }: Launch,
): Promise<void> {
  if (unknownKinds === undefined) return;
  const names = unknownKinds.map((name) => `processes.${name}`).join(", ");
  const here = [...Object.keys(servedWith), ...Object.values(serving).map((it) => it.release)];
  const good = (await goodDeploys(consul, service, log)).map((it) => it.release.id);
  if (kind === "rollback" || [...here, ...good].includes(release.id)) {
    return log("release.kinds.ignored", { release: release.id, names });
  }
  const known = Object.keys(kinds).join(", ") || "no kinds";
  throw new Problem({
    happened: `release.json of ${release.id} names ${names}; ${service} has ${known} here`,
    unchanged: "every process keeps its release",
    next: "correct release.json and push again, or apply the cluster file that has the kind first",
  });
}

/** A config, and the name of its environment on this instance. */
interface Kept {
  readonly environmentId: string;
  readonly config: Config;
}

async function fetchOnce(
  store: Store,
  state: ServiceState,
  { release }: Deploy,
  stop: AbortSignal,
): Promise<void> {
  if (await store.hasRelease(release)) return;
  const isInUse = inUse(state).some((it) => it.release === release.id);
  await store.fetchRelease(release, isInUse, stop);
}

/**
 * A rollback restores an environment that its release served with here; other deploys read Consul.
 */
async function configFor(
  deps: PrepareContext,
  state: ServiceState,
  deploy: Deploy,
  stop: AbortSignal,
): Promise<Kept> {
  const { consul, secrets, store, log } = deps;
  const environmentId = environmentIdOf(deploy);
  const former = deploy.kind === "rollback" && (await formerConfig(deps, state, deploy));
  if (former) return former;
  const written = await store.readEnvironment(environmentId);
  if (written) return { environmentId, config: written };
  if (deploy.kind === "rollback") {
    const why = "never served here, config is read";
    log("rollback.config", { release: deploy.release.id, why });
  }
  const read = (references: readonly string[]) => secrets(references, stop);
  const config = await readConfig(consul, read, deploy.service);
  const before = await servingConfig(store, state);
  if (before && !deploy.acceptShrunkConfig) refuseShrunk(deploy.service, before, config);
  return { environmentId, config };
}

/**
 * The environment that a rollback restores: the one that was good with the release, or else the one
 * that last served with it here. It keeps its own name, so a process that never left it has nothing
 * to do. An environment that never served, as that of a failed restart, does not count.
 */
async function formerConfig(
  { consul, store, log }: PrepareContext,
  { servedWith = {}, serving }: ServiceState,
  { service, release }: Deploy,
): Promise<Kept | undefined> {
  const ofGood = (await goodDeploys(consul, service, log))
    .filter((it) => it.release.id === release.id)
    .map(environmentIdOf);
  const now = Object.values(serving).filter((it) => it.release === release.id);
  const servesNow = new Set(now.map(({ environmentId }) => environmentId));
  const only = servesNow.size === 1 ? [...servesNow] : [];
  for (const environmentId of [...ofGood, servedWith[release.id], ...only]) {
    const config = environmentId && (await store.readEnvironment(environmentId));
    if (config) return { environmentId, config };
  }
  return undefined;
}

/** The last known good deploy and the one before it, as far as they can be read. */
async function goodDeploys(consul: Consul, service: string, log: Log): Promise<Deploy[]> {
  const read = async (key: string) => {
    const { found } = await consul.get(key);
    try {
      return found ? [parseDeploy(service, found)] : [];
    } catch (error) {
      log("good.unreadable", { key, error: describe(error) });
      return [];
    }
  };
  return (await Promise.all([keys.good(service), keys.previousGood(service)].map(read))).flat();
}

async function servingConfig(store: Store, state: ServiceState): Promise<Config | undefined> {
  const serving = Object.values(state.serving)[0];
  return serving && (await store.readEnvironment(serving.environmentId));
}
