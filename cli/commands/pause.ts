import { Pause } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Command } from "../core/context.ts";
import { liftSign, type StopSign, setSign } from "../core/operator-flag.ts";

const sign: StopSign = { schema: Pause, keyOf: keys.pause, state: "paused" };

/** Stops a rollout where it is; the process under way is finished. */
export const pause: Command = {
  usage: "pause S --reason R",
  about: "stop a service's rollout before its next process, until it is resumed",
  words: [1, 1],
  needsReason: "whoever finds the rollout paused must know why",
  run: (context, [service = ""], options) => setSign(context, sign, "pause", service, options),
};

/** Lets a paused rollout go on. */
export const resume: Command = {
  usage: "resume S [--reason R]",
  about: "let a paused rollout go on",
  words: [1, 1],
  run: (context, [service = ""], options) => liftSign(context, sign, "resume", service, options),
};
