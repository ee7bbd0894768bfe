import { nodeHttp } from "../../lib/http.ts";
import { keys } from "../../protocol/keys.ts";
import { healthPath } from "../../protocol/service-file.ts";
import type { Region } from "../host/region.ts";
import { waitFor } from "../host/wait.ts";
import { readRecord } from "../instance/record.ts";
import { ensureLoadBalancer, targetStates } from "../load-balancer/load-balancer.ts";
import { keyExists } from "./consul.ts";
import { consulBehindOne, type DesiredInstance, targetGroups } from "./desired.ts";
import type { RegionContext } from "./state.ts";

/** Registers these instances, and no others, as targets of the load balancer. */
export const registerTargets = (
  { region, state }: RegionContext,
  instances: readonly DesiredInstance[],
): Promise<void> =>
  ensureLoadBalancer(region, {
    port: state.loadBalancerPort,
    hasTls: state.blueprint.hasTls,
    targetGroups: targetGroups(state, instances),
    consul: consulBehindOne(state),
    idleTimeoutSeconds: state.blueprint.idleTimeoutSeconds,
  });

/**
 * Instances that the load balancer has from the start. Where some serve already, new ones are
 * registered when they answer: HAProxy would send requests to a new target until it fails its
 * checks, and an ALB only when it passes them.
 */
export async function chooseInitialTargets(
  region: Region,
  desired: readonly DesiredInstance[],
): Promise<DesiredInstance[]> {
  const states = await targetStates(region);
  const known = desired.filter(({ name }) => states.has(name));
  return known.some(({ name }) => states.get(name) === "UP") ? known : [...desired];
}

/** Waits until instances of deployed services answer their health checks, or a minute. */
export async function waitHealthy(
  { state, log }: RegionContext,
  desired: readonly DesiredInstance[],
): Promise<void> {
  const http = nodeHttp({ keepAlive: false });
  for (const { service, group } of state.blueprint.rules) {
    if (!(await keyExists(state, keys.good(service)))) continue;
    for (const { name } of desired.filter((it) => it.group.service === group)) {
      const url = `http://${state.addresses[name]}${healthPath(service)}`;
      const isHealthy = async () =>
        (await http({ method: "GET", url, timeoutMs: 2000 })).status === 200 ? true : undefined;
      const what = `${name} to answer its health check`;
      await waitFor(isHealthy, { what, seconds: 60, next: "", log }).catch(() => undefined);
    }
  }
}

/**
 * Waits until the load balancer finds these instances healthy, where their services were deployed.
 * One that stays unhealthy is logged and throws nothing: the region is up, its service is not.
 */
export async function waitServing(
  { region, state, log }: RegionContext,
  instances: readonly string[],
): Promise<void> {
  for (const { service, group } of state.blueprint.rules) {
    if (!(await keyExists(state, keys.good(service)))) {
      log(`${service}: nothing was deployed yet`);
      continue;
    }
    const names = instances.filter((name) => readRecord(region, name)?.service === group);
    await waitFor(
      async () => {
        const found = await targetStates(region);
        return names.every((name) => found.get(name) === "UP") ? true : undefined;
      },
      { what: `${service} to be healthy`, seconds: 60, next: "", log },
    ).catch(() => log(`${service}: not all of its instances serve; see: shoestring local status`));
  }
}
