import { type ServiceFile, staticReleases } from "../../protocol/service-file.ts";
import { overlap } from "../load-balancer/pattern.ts";
import type { Fault } from "../shared/fault.ts";
import type { ServiceSpec } from "../spec/cluster.ts";

/** Static files that no request would get, or not for as long as it is promised. */
export function staticFaults(file: ServiceFile, { static: folders, paths = [] }: ServiceSpec) {
  if (folders === undefined) return [];
  const faults: Fault[] = Object.entries(folders)
    .filter(([path]) => paths.length > 0 && !paths.some((it) => overlap(it, `${path}/*`)))
    .map(([path, value]) => ({
      field: `static.${path}`,
      value,
      good: `a path that the load balancer sends here (${paths.join(", ")}), or "${path}/*" in paths, too`,
    }));
  if (Object.keys(folders).length === 0) {
    const good = 'left out, or { "/assets": "public/assets" }';
    faults.push({ field: "static", value: folders, good });
  }
  if (file.keepReleases < staticReleases) {
    const good = `at least ${staticReleases} beside static: nginx looks for a file in as many releases`;
    faults.push({ field: "keepReleases", value: file.keepReleases, good });
  }
  return faults;
}
