import { ensureAwsResources, motoReady, startMoto } from "./aws.ts";
import { consulReady, ensureGrants, putKeys, startConsul } from "./consul.ts";
import { grantsOf, parameters } from "./grants.ts";
import type { RegionContext } from "./state.ts";
import type { Supplies } from "./supplies.ts";

/** Starts the simulated AWS with what Terraform applied. @returns the announce queue's URL. */
export async function ensureAws(
  { region, state, log }: RegionContext,
  from: Supplies,
): Promise<{ queueUrl: string }> {
  await startMoto(region, state, await from.moto());
  await motoReady(region, state, log);
  return await ensureAwsResources(state, parameters(state));
}

/** Starts Consul's servers, with the policies, tokens and keys that Terraform applied. */
export async function ensureConsulServers(
  { region, state, log }: RegionContext,
  from: Supplies,
): Promise<void> {
  await startConsul(region, state, await from.consul());
  await consulReady(region, state, log);
  await ensureGrants(state, grantsOf(state));
  await putKeys(state, state.blueprint.keys);
}
