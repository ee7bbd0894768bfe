import type { Command } from "../core/context.ts";
import { answerDeploy } from "../deploys/answer-deploy.ts";
import { requireDeploy, writeDeploy } from "../deploys/write-deploy.ts";

/** Rolls the same release again, so that it starts with the current config. */
export const restart: Command = {
  usage: "restart S [--accept-shrunk-config] [--reason R] [--wait [serving] [--timeout SECONDS]]",
  about: "roll the same release again, with the config as it is now",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const written = await writeDeploy(context, service, async (current) => ({
      desired: {
        service,
        kind: "restart",
        release: (await requireDeploy(context, service, current)).release,
        reason: options.reason ?? "restarted by hand",
        ...(options.acceptShrunkConfig ? { acceptShrunkConfig: true } : {}),
      },
    }));
    return answerDeploy(context, options, written);
  },
};
