import type { Cluster } from "../../modules/spec/cluster.ts";

const runners = { arm64: "ubuntu-24.04-arm", x86_64: "ubuntu-24.04" } as const;

/**
 * The runner whose processor is that of the service's instances: what a build compiles, a Go binary
 * or a native module, runs on no other. A branch or service that is not there gets a runner too, on
 * which the next job says so.
 */
export function runnerOf(cluster: Cluster | undefined, service: string): string {
  const services = new Map(Object.entries(cluster?.services ?? {}));
  const own = services.get(service)?.instances;
  const machines =
    own !== undefined && "sharedWith" in own ? services.get(own.sharedWith)?.instances : own;
  if (machines === undefined || "sharedWith" in machines) return runners.x86_64;
  return runners[machines.architecture ?? "arm64"];
}

/** The cluster's name in a branch `deploy/<cluster>`. */
export const clusterName = (ref: string): string | undefined =>
  /^refs\/heads\/deploy\/([a-z][a-z0-9-]*)$/.exec(ref)?.[1];
