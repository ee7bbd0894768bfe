import { auditOperation } from "../../protocol/deploys.ts";
import { formatDocument, Hold, schemaVersion } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { Problem } from "../../protocol/problem.ts";
import { answer } from "../answer.ts";
import type { Command } from "../context.ts";

/** Stops automatic deploys of a service. */
export const hold: Command = {
  usage: "hold S --reason R",
  about: "refuse automatic deploys of a service until the hold is lifted",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const { consul, by, now, newId } = context;
    const reason = options.reason as string;
    const key = keys.hold(service);
    const at = now();
    const { found } = await consul.get(key);
    const value = formatDocument(Hold, key, {
      schema: schemaVersion,
      by,
      reason,
      at: at.toISOString(),
    });
    const written = await consul.write([
      { verb: "cas", key, value, index: found?.modifyIndex ?? 0 },
      auditOperation(
        { by, action: "hold", key, reason },
        { before: found?.value, after: value },
        { at, id: newId() },
      ),
    ]);
    if (!written) throw faster(service);
    answer(context, options, JSON.parse(value), [`${service} is held: ${reason}`]);
    return 0;
  },
};

/** Lifts a hold. */
export const unhold: Command = {
  usage: "unhold S [--reason R]",
  about: "lift a hold",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const { consul, by, now, newId } = context;
    const key = keys.hold(service);
    const { found } = await consul.get(key);
    if (!found) {
      throw new Problem({
        happened: `${service} is not held`,
        unchanged: "nothing was written",
        next: `shoestring status ${service}`,
      });
    }
    const written = await consul.write([
      { verb: "delete-cas", key, index: found.modifyIndex },
      auditOperation(
        { by, action: "unhold", key, reason: options.reason ?? "lifted by hand" },
        { before: found.value },
        { at: now(), id: newId() },
      ),
    ]);
    if (!written) throw faster(service);
    answer(context, options, { service, held: false }, [`${service} is no longer held`]);
    return 0;
  },
};

const faster = (service: string) =>
  new Problem({
    happened: `the hold of ${service} was changed by somebody else at the same time`,
    unchanged: "their change stands",
    next: `look at it: shoestring status ${service}`,
  });
