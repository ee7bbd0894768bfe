import { appendFile } from "node:fs/promises";
import { describe } from "../../lib/problem.ts";
import { slackMetadata } from "../../protocol/slack-reference.ts";
import type { BuildPhase } from "../../slack/build-message.ts";
import type { Command } from "../core/context.ts";
import { answer } from "../core/output.ts";

/**
 * Reports to Slack that a build begins, or failed. The output is the message's reference, which
 * later steps of a workflow pass on as `SHOESTRING_SLACK_MESSAGE`; it is empty without a message.
 * `--out` appends it under that name to a file, which GitHub reads for these steps. Always exits
 * with 0: no build fails because of Slack.
 */
export const releaseTell: Command = {
  usage:
    "release tell building|failed --service S --sequence N --commit HEX [--reason R] [--by WHO] [--out FILE]",
  about: "tell Slack how far a build is",
  words: [1, 1],
  first: "phase",
  wrong([phase = ""], { sequence, commit }) {
    if (!["building", "failed"].includes(phase)) return `"${phase}" is no phase`;
    if (sequence === undefined) return "--sequence is missing";
    return commit === undefined ? "--commit is missing" : undefined;
  },
  async run(context, [phase], options) {
    const { cluster, by, repository, notifyBuild } = context;
    const build = {
      service: options.service as string,
      sequence: options.sequence as number,
      commit: options.commit as string,
      cluster,
      by,
      reason: options.reason ?? "pushed",
      repository,
    };
    const reference = await notifyBuild(build, phase as BuildPhase);
    const message = reference ? slackMetadata(reference) : "";
    if (message !== "" && options.out !== undefined) {
      await appendFile(options.out, `SHOESTRING_SLACK_MESSAGE=${message}\n`).catch((error) =>
        context.say(`later steps do not know the message: ${describe(error)}`),
      );
    }
    answer(context, options, { message }, [message]);
    return 0;
  },
};
