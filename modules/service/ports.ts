import { portsOf } from "../../protocol/ports.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";

/** Ports that the instance itself uses. */
const taken: Readonly<Record<number, string>> = {
  8300: "Consul",
  8301: "Consul",
  8302: "Consul",
  8500: "Consul",
  8502: "Consul",
  8600: "Consul",
};

/** Describes ports that two services of one instance share, or a service and the instance. */
export function portClashes(services: readonly ServiceFile[]): string[] {
  const owners = new Map<number, string>(
    Object.entries(taken).map(([port, owner]) => [Number(port), owner]),
  );
  const clashes: string[] = [];
  for (const service of services) {
    const meets = portsOf(service).find((port) => owners.has(port));
    if (meets !== undefined) {
      clashes.push(`${service.service} and ${owners.get(meets)} both take port ${meets}`);
    }
    for (const port of portsOf(service)) owners.set(port, service.service);
  }
  return clashes;
}
