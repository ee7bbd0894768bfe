import type { Consul } from "../protocol/consul.ts";
import type { Deploy } from "../protocol/documents.ts";
import { readConfig, refuseShrunk, type Secrets } from "./config/read-config.ts";
import type { Environment, Log, Store } from "./effects.ts";
import type { Target } from "./roll/roll.ts";
import { type ServiceState, snapshotId } from "./state.ts";

export interface Preparation {
  readonly consul: Consul;
  readonly secrets: Secrets;
  readonly store: Store;
  readonly log: Log;
}

/**
 * Brings a deploy's release and environment to this instance; nothing that runs is touched.
 * Done once a deploy: a second call finds what the first one wrote.
 *
 * @throws Problem for a release or a config that must not be used; ConsulAway; ConsulDenied.
 */
export async function prepare(
  on: Preparation,
  state: ServiceState,
  deploy: Deploy,
): Promise<Target> {
  const { store } = on;
  const snapshot = snapshotServing(state, deploy) ?? snapshotId(deploy);
  const [fetched, environment] = await Promise.allSettled([
    fetchOnce(store, deploy),
    store.readSnapshot(snapshot).then((written) => written ?? environmentFor(on, state, deploy)),
  ]);
  // Both are over before an error is told: a second try must not meet the first one's download.
  if (fetched.status === "rejected") throw fetched.reason;
  if (environment.status === "rejected") throw environment.reason;
  await store.writeSnapshot(snapshot, deploy.release.id, environment.value);
  const { command } = await store.launchOf(deploy.release.id);
  return { releaseId: deploy.release.id, snapshot, command, environment: environment.value };
}

/**
 * What already serves the release that a rollback goes back to: it goes back to that very
 * environment, so a process that never left it has nothing to do.
 */
function snapshotServing({ serving }: ServiceState, { kind, release }: Deploy): string | undefined {
  if (kind !== "rollback") return undefined;
  const served = Object.values(serving).filter((it) => it.release === release.id);
  const snapshots = new Set(served.map((it) => it.snapshot));
  return snapshots.size === 1 ? served[0]?.snapshot : undefined;
}

async function fetchOnce(store: Store, { release }: Deploy): Promise<void> {
  if (!(await store.hasRelease(release))) await store.fetchRelease(release);
}

/** A rollback restores the environment its release last served with here; others read Consul. */
async function environmentFor(
  { consul, secrets, store, log }: Preparation,
  state: ServiceState,
  deploy: Deploy,
): Promise<Environment> {
  if (deploy.kind === "rollback") {
    const former = await store.readSnapshotOf(deploy.release.id);
    if (former) return former;
    log("rollback.config", {
      release: deploy.release.id,
      why: "never served here, config is read",
    });
  }
  const environment = await readConfig(consul, secrets, deploy.service);
  const before = await servingEnvironment(store, state);
  if (before && !deploy.acceptShrunkConfig) refuseShrunk(deploy.service, before, environment);
  return environment;
}

async function servingEnvironment(
  store: Store,
  state: ServiceState,
): Promise<Environment | undefined> {
  const serving = Object.values(state.serving)[0];
  return serving && (await store.readSnapshot(serving.snapshot));
}
