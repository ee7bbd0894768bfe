import { Hold } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Command } from "../core/context.ts";
import { clearFlag, type OperatorFlag, setFlag } from "../core/operator-flag.ts";
import { refuseUnknown } from "../deploys/known-service.ts";

const flag: OperatorFlag = { schema: Hold, keyOf: keys.hold, state: "held" };

/** Stops automatic deploys of a service. */
export const hold: Command = {
  usage: "hold S --reason R",
  about: "refuse automatic deploys of a service until the hold is lifted",
  words: [1, 1],
  needsReason: "whoever finds the hold must know why",
  async run(context, [service = ""], options) {
    await refuseUnknown(context, service);
    return setFlag(context, flag, "hold", service, options);
  },
};

/** Lifts a hold. */
export const unhold: Command = {
  usage: "unhold S [--reason R]",
  about: "lift a hold",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const { found } = await context.consul.get(flag.keyOf(service));
    if (!found) await refuseUnknown(context, service);
    return clearFlag(context, flag, "unhold", service, options);
  },
};
