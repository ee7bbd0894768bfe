import { type ServiceFile, workerPort } from "../../../protocol/service-file.ts";
import type { Place } from "../../core/effects.ts";

export const placeId = ({ n, side }: Place) => `${n}${side}`;

const sides = ["a", "b"] as const;

/** The place whose process listens on a worker port. Asked at every request, so it allocates little. */
export function placeAt(service: ServiceFile, port: number): Place | undefined {
  for (let n = 1; n <= service.processes; n += 1) {
    const side = sides.find((it) => workerPort(service, n, it) === port);
    if (side) return { n, side };
  }
  return undefined;
}
