import { settingsOf, speaksHttp } from "../../protocol/process-settings.ts";
import { frontPort, type ServiceFile, workerPort } from "../../protocol/service-file.ts";
import type { ServiceState, Serving } from "./state.ts";
import { isCommitted } from "./step-names.ts";

/** The side that serves, by the journal: the new one where a roll was cut after its commitment. */
export function servingByJournal(
  service: ServiceFile,
  state: ServiceState,
  n: number | string,
): Serving | undefined {
  const move = state.moves[n];
  const { strategy } = settingsOf(service, Number(n));
  return move && isCommitted(strategy, move.step) ? move.to : state.serving[n];
}

/** Worker port by front port, from a service's state. */
export function routesOf(service: ServiceFile, state: ServiceState): [number, number][] {
  const numbers = new Set([...Object.keys(state.serving), ...Object.keys(state.moves)]);
  return [...numbers]
    .filter((n) => speaksHttp(service, Number(n)))
    .flatMap((n) => {
      const on = servingByJournal(service, state, n);
      return on ? [[frontPort(service, Number(n)), workerPort(service, Number(n), on.side)]] : [];
    });
}
