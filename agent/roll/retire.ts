import { describe } from "../../lib/problem.ts";
import { processNumbers } from "../../protocol/service-file.ts";
import type { Place } from "../core/effects.ts";
import type { ClosableSupervisor } from "./closable-supervisor.ts";
import type { Ending } from "./context.ts";
import { drain } from "./drain.ts";
import { type Progress, silentProgress } from "./progress.ts";
import { stop } from "./stop.ts";

/** Drains and stops the process of a place, if one runs. */
export async function retire(context: Ending, place: Place): Promise<void> {
  const { status } = await context.supervisor.state(place);
  if (status === "stopped") return;
  if (status !== "stopping") await drain(context, place);
  await stop(context, place);
}

/** The processes of a service, and the supervisor below everything that starts one of them. */
export interface Retiring extends Omit<Ending, keyof Progress | "supervisor"> {
  readonly units: ClosableSupervisor;
}

/**
 * Drains and stops every process of a service, all at once, on an instance that its group ends: a
 * job may take its time now, while EC2's shutdown gives it a few minutes at most. None is started
 * from now on, whatever a roll or a recovery does meanwhile. Never rejects.
 */
export async function retireAll(deps: Retiring): Promise<void> {
  const { units } = deps;
  units.close();
  await retirePlaces(deps);
  // A start may have been under way, for example behind the stop of an old job.
  await units.untilStarted();
  await retirePlaces(deps);
}

async function retirePlaces(deps: Retiring): Promise<void> {
  const { service, units, log } = deps;
  const context = { ...deps, supervisor: units, ...silentProgress };
  const places = processNumbers(service).flatMap((n): Place[] => [
    { n, side: "a" },
    { n, side: "b" },
  ]);
  const logError = (error: unknown) =>
    log("retire.failed", { service: service.service, error: describe(error) });
  await Promise.all(places.map((place) => retire(context, place).catch(logError)));
}
