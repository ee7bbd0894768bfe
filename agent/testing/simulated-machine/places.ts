import { processNumbers, type ServiceFile, workerPort } from "../../../protocol/service-file.ts";
import type { Place } from "../../core/effects.ts";

export const placeId = ({ n, side }: Place) => `${n}${side}`;

/** The place whose process listens on a worker port. */
export const placeAt = (service: ServiceFile, port: number): Place | undefined =>
  processNumbers(service)
    .flatMap((n): Place[] => [
      { n, side: "a" },
      { n, side: "b" },
    ])
    .find(({ n, side }) => workerPort(service, n, side) === port);
