import {
  frontPort,
  processNumbers,
  type ServiceFile,
  workerPort,
} from "../../protocol/service-file.ts";

/** Ports that a service takes on each of its instances: front ports, and workers of both sides. */
function portsOf(service: ServiceFile): number[] {
  return processNumbers(service).flatMap((n) => [
    frontPort(service, n),
    workerPort(service, n, "a"),
    workerPort(service, n, "b"),
  ]);
}

/** Ports of an instance itself. */
const taken: Readonly<Record<number, string>> = {
  8300: "Consul",
  8301: "Consul",
  8302: "Consul",
  8500: "Consul",
  8502: "Consul",
  8600: "Consul",
};

/** Ports that two services of one instance would share, or one with the instance, in words. */
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
