import { namesIn } from "../host/files.ts";
import { waitFor } from "../host/wait.ts";
import {
  type Ensured,
  ensureInstance,
  isOutdated,
  removeInstance,
  stopInstance,
  waitBooted,
} from "../instance/instance.ts";
import { aliveMembers } from "./consul.ts";
import { type DesiredInstance, instanceSpec } from "./desired.ts";
import type { RegionContext } from "./state.ts";
import { waitServing } from "./targets.ts";

/**
 * Starts all instances at once and waits until each has booted and is a member of Consul. Outdated
 * instances that run are replaced one by one, as by an instance refresh.
 *
 * @returns their names.
 */
export async function ensureInstances(
  deps: RegionContext,
  desired: readonly DesiredInstance[],
  layers: readonly string[],
): Promise<string[]> {
  const { region, state } = deps;
  const isRefreshed = (instance: DesiredInstance) =>
    isOutdated(region, instanceSpec(state, instance, layers));
  const refreshed = desired.filter(isRefreshed);
  const others = desired.filter((it) => !refreshed.includes(it));
  await Promise.all(others.map((instance) => ensureBooted(deps, instance, layers)));
  for (const instance of refreshed) {
    await ensureBooted(deps, instance, layers);
    // Only this one: an instance that is new is not registered before all have booted.
    await waitServing(deps, [instance.name]);
  }
  await waitJoined(deps, desired);
  return [...others, ...refreshed].map(({ name }) => name);
}

/** Removes the instances that the cluster does not ask for. */
export async function removeOthers(
  { region, log }: RegionContext,
  desired: readonly DesiredInstance[],
): Promise<void> {
  const names = new Set(desired.map(({ name }) => name));
  for (const name of namesIn(region.path("instances"))) {
    if (names.has(name)) continue;
    log(`${name}: removed, the cluster does not ask for it`);
    await stopInstance(region, name); // an orderly stop: it leaves the load balancer first
    await removeInstance(region, name);
  }
}

async function ensureBooted(
  { region, state, log }: RegionContext,
  instance: DesiredInstance,
  layers: readonly string[],
): Promise<void> {
  const ensured = await ensureInstance(region, instanceSpec(state, instance, layers), log);
  if (ensured !== "runs") log(`${instance.name}: boots ${disk[ensured]}`);
  await waitBooted(region, instance.name, log);
  if (ensured !== "runs") log(`${instance.name}: booted`);
}

const disk: Readonly<Record<Exclude<Ensured, "runs">, string>> = {
  made: "for the first time",
  started: "with its disk",
};

/** Waits until the instances are members of Consul. */
async function waitJoined(
  { state, log }: RegionContext,
  desired: readonly DesiredInstance[],
): Promise<void> {
  await waitFor(
    async () => {
      const alive = new Set(await aliveMembers(state));
      const away = desired.filter(({ name }) => !alive.has(name)).map(({ name }) => name);
      if (away.length > 0) throw new Error(`${away.join(" and ")} did not join`);
      return true;
    },
    {
      what: "the instances' Consul clients",
      seconds: 60,
      next: `see why with: shoestring local exec ${desired[0]?.name ?? "<instance>"} -- journalctl -u consul`,
      log,
    },
  );
}
