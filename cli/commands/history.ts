import { table } from "../../lib/text-table.ts";
import { historyOf, pastDeploys, phaseOf } from "../../protocol/history.ts";
import { keys } from "../../protocol/keys.ts";
import { killedIn } from "../../protocol/killed.ts";
import type { Command } from "../core/context.ts";
import { answer } from "../core/output.ts";
import { refuseUnknown } from "../deploys/known-service.ts";

/** Lists the deploys of a service, the newest first, and how each ended. */
export const history: Command = {
  usage: "history S",
  about: "deploys of a service and how each ended, the newest first",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const { found } = await context.consul.list(keys.rollouts(service));
    if (found.length === 0) await refuseUnknown(context, service);
    const deploys = historyOf(service, found).map((past) => {
      const killed = killedIn(past.instances);
      return { ...past.deploy, phase: phaseOf(past), ...(killed === 0 ? {} : { killed }) };
    });
    const rows = deploys.map(({ revision, at, kind, release, phase, killed, by, reason }) => [
      String(revision),
      at,
      kind,
      release.id,
      killed === undefined ? phase : `${phase}, ${killed} killed`,
      by,
      reason,
    ]);
    const columns = ["revision", "at", "kind", "release", "ended", "by", "reason"];
    const unreadable = pastDeploys(service, found).unusable.map(({ happened }) => happened);
    const lines = [
      ...(rows.length > 0 ? table([columns, ...rows]) : [`${service} was never deployed`]),
      ...unreadable,
    ];
    answer(context, options, deploys, lines);
    return 0;
  },
};
