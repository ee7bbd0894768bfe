import type { Problem } from "../../lib/problem.ts";
import type { Place } from "../core/effects.ts";

/** The questions that a roll asks about the processes that it started. */
export interface Health {
  /** The fault of an environment, from the processes that serve it. Waits for ends in hand. */
  faultOf(environmentId: string): Promise<Problem | undefined>;
  /** Describes the last end by itself of a place's process; undefined where none is known. */
  endOf(place: Place, since?: number): Promise<string | undefined>;
}
