import { httpProcesses } from "../../protocol/process-settings.ts";
import { frontPort, type ServiceFile } from "../../protocol/service-file.ts";
import type { Gate } from "./effects.ts";

/**
 * A service's gate that leaves out processes without HTTP: nothing is sent to them, so a roll need
 * not ask which processes have a front port.
 */
export function httpGate(service: ServiceFile, gate: Gate): Gate {
  const fronts = new Set(httpProcesses(service).map((n) => frontPort(service, n)));
  return {
    point: async (front, worker) => {
      if (fronts.has(front)) await gate.point(front, worker);
    },
    close: async (front, boundSeconds) => {
      if (fronts.has(front)) await gate.close(front, boundSeconds);
    },
  };
}
