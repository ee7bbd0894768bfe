import { Pause } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Command } from "../core/context.ts";
import { clearFlag, type OperatorFlag, setFlag } from "../core/operator-flag.ts";
import { refuseUnknown } from "../deploys/known-service.ts";

const flag: OperatorFlag = { schema: Pause, keyOf: keys.pause, state: "paused" };

/** Pauses a rollout; the process that is rolling finishes. */
export const pause: Command = {
  usage: "pause S --reason R",
  about: "stop a service's rollout before its next batch, until it is resumed",
  words: [1, 1],
  needsReason: "whoever finds the rollout paused must know why",
  async run(context, [service = ""], options) {
    await refuseUnknown(context, service);
    return setFlag(context, flag, "pause", service, options);
  },
};

/** Resumes a paused rollout. */
export const resume: Command = {
  usage: "resume S [--reason R]",
  about: "let a paused rollout go on",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const { found } = await context.consul.get(flag.keyOf(service));
    if (!found) await refuseUnknown(context, service);
    return clearFlag(context, flag, "resume", service, options);
  },
};
