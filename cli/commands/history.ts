import { Deploy, parseDocument, Rollout } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { answer, table } from "../answer.ts";
import type { Command } from "../context.ts";

/** Deploys of a service, the newest first, and how each ended. */
export const history: Command = {
  usage: "history S",
  about: "deploys of a service and how each ended, the newest first",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const { found } = await context.consul.list(keys.rollouts(service));
    const values = new Map(found.map(({ key, value }) => [key, value]));
    const deploys = found
      .filter(({ key }) => key.endsWith("/deploy"))
      .map(({ key, value }) => parseDocument(Deploy, key, value))
      .sort((a, b) => b.revision - a.revision)
      .map((deploy) => {
        const key = keys.rollout(service, deploy.revision);
        const text = values.get(key);
        const phase = text === undefined ? "announced" : parseDocument(Rollout, key, text).phase;
        return { ...deploy, phase };
      });
    const rows = deploys.map(({ revision, at, kind, release, phase, by, reason }) => [
      String(revision),
      at,
      kind,
      release.id,
      phase,
      by,
      reason,
    ]);
    const columns = ["revision", "at", "kind", "release", "ended", "by", "reason"];
    const lines = rows.length > 0 ? table([columns, ...rows]) : [`${service} was never deployed`];
    answer(context, options, deploys, lines);
    return 0;
  },
};
