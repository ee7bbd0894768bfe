import type { Entry } from "../../lib/consul.ts";
import { describe } from "../../lib/problem.ts";
import { CronState, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { orElse } from "../../protocol/unusable.ts";
import type { CronContext } from "./context.ts";

const dayMs = 86_400_000;
/** Longer than any run, and than the fleet has instances of both kinds after a change. */
const keptMs = 2 * dayMs;

/**
 * Deletes the documents of scheduled commands that the cluster file no longer has, or calls
 * otherwise: `shoestring status` would tell of their last failure for ever. Never ends.
 */
export async function forgetRemoved(
  deps: Pick<CronContext, "consul" | "service" | "clock" | "log">,
): Promise<never> {
  const { consul, service, clock, log } = deps;
  const prefix = keys.crons(service.service);
  for (;;) {
    try {
      const { found } = await consul.list(prefix);
      for (const { key, value, modifyIndex } of found) {
        const name = key.slice(prefix.length);
        if (service.cron?.[name] || !isOld({ key, value }, clock.now())) continue;
        if (await consul.write([{ verb: "delete-cas", key, index: modifyIndex }]))
          log("cron.forgotten", { service: service.service, name });
      }
    } catch (error) {
      log("cron.wait", { service: service.service, error: describe(error) });
    }
    await clock.sleep(dayMs);
  }
}

/** One that cannot be read is left to people. */
function isOld({ key, value }: Pick<Entry, "key" | "value">, now: Date): boolean {
  const state = orElse(
    () => parseDocument(CronState, key, value) as CronState,
    () => undefined,
  );
  if (state === undefined) return false;
  const { run, misfire } = state;
  const times = [run?.endedAt, run?.startedAt, misfire?.scheduledFor].map((it) =>
    it === undefined ? 0 : Date.parse(it),
  );
  return now.getTime() - Math.max(...times) > keptMs;
}
