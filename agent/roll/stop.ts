import { settingsOf } from "../../protocol/process-settings.ts";
import type { Place } from "../core/effects.ts";
import type { Ending } from "./context.ts";

type Stopping = Pick<Ending, "service" | "supervisor" | "log" | "countKilled">;

/** Stops a process; one that had to be killed is counted and logged. */
export async function stop(context: Stopping, place: Place): Promise<void> {
  const { service, supervisor, log } = context;
  if ((await supervisor.stop(place)) !== "killed") return;
  const afterSeconds = settingsOf(service, place.n).stopTimeoutSeconds;
  log("stop.killed", {
    ...{ service: service.service, process: place.n, side: place.side },
    afterSeconds,
  });
  context.countKilled(afterSeconds);
}
