import { Problem } from "../../lib/problem.ts";
import type { Region } from "../host/region.ts";
import { startAnnounce } from "./announce.ts";
import { stopMoto } from "./aws.ts";
import { ensureAws } from "./backing-services.ts";
import {
  consulReady,
  consulServers,
  ensureGrants,
  leadingServer,
  restoreSnapshot,
  revokeToken,
  saveSnapshot,
  startConsul,
  stopServer,
} from "./consul.ts";
import { agentGrant, tokenOf } from "./grants.ts";
import { type RegionState, readState } from "./state.ts";
import { type Supplies, supplies } from "./supplies.ts";

// Stops and starts parts of the region, for tests of what keeps working without them.
export { stopMoto };

/** Stops all Consul servers in order. */
export async function stopConsul(region: Region): Promise<void> {
  const servers = consulServers(stateOf(region));
  await Promise.all(servers.map((n) => stopServer(region, n)));
}

/** Kills the Consul server that leads. */
export async function killConsulLeader(region: Region): Promise<void> {
  await stopServer(region, await leadingServer(stateOf(region)), 0);
}

/** Starts the stopped Consul servers with the data that they had, and waits for a leader. */
export async function startConsulAgain(
  region: Region,
  from: Supplies = supplies(region, () => {}),
): Promise<void> {
  const state = stateOf(region);
  await startConsul(region, state, await from.consul());
  await consulReady(region, state, () => {});
}

/** Takes a snapshot of everything that Consul holds. */
export const saveConsul = (region: Region): Promise<Uint8Array> => saveSnapshot(stateOf(region));

/** Restores a snapshot of Consul: its indexes go backwards. */
export const restoreConsul = (region: Region, snapshot: Uint8Array): Promise<void> =>
  restoreSnapshot(stateOf(region), snapshot);

/**
 * Starts a stopped moto and makes the region's resources in it anew. Objects are gone: it keeps
 * all in memory, so a release must be pushed again.
 */
export async function startMotoAgain(
  region: Region,
  from: Supplies = supplies(region, () => {}),
): Promise<void> {
  const state = stateOf(region);
  const { queueUrl } = await ensureAws({ region, state, log: () => {} }, from);
  await startAnnounce(region, state, queueUrl);
}

function stateOf(region: Region): RegionState {
  const state = readState(region);
  if (state) return state;
  throw new Problem({
    happened: `there is no local region in ${region.directory}`,
    unchanged: "nothing was done",
    next: "bring it up with: shoestring local up",
  });
}

/** Revokes the Consul token of a service's instances, as an operator might. */
export async function revokeAgentToken(region: Region, service: string): Promise<void> {
  const state = stateOf(region);
  await revokeToken(state, tokenOf(state, agentGrant(service)));
}

/** Gives a service's instances these rights in Consul; a revoked token is made again. */
export async function putAgentRules(region: Region, service: string, rules: string): Promise<void> {
  const state = stateOf(region);
  const name = agentGrant(service);
  await ensureGrants(state, [{ name, rules, token: tokenOf(state, name) }]);
}
