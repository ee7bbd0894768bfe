import { httpProcesses } from "./process-settings.ts";
import { frontPort, type ServiceFile, workerPort } from "./service-file.ts";

/** Ports of a service on each of its instances: front ports, and worker ports of both sides. */
export function portsOf(service: ServiceFile): number[] {
  return httpProcesses(service).flatMap((n) => [
    frontPort(service, n),
    workerPort(service, n, "a"),
    workerPort(service, n, "b"),
  ]);
}
