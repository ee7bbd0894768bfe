import type { BuildPhase } from "../../protocol/slack/build-message.ts";
import { slackMetadata } from "../../protocol/slack/reference.ts";
import { answer } from "../answer.ts";
import type { Command } from "../context.ts";

/**
 * Tells Slack that a build begins, or failed. The answer is the message, which later steps of a
 * workflow go on with as `SHOESTRING_SLACK_MESSAGE`; empty where there is none. Always exits with
 * 0: no build fails because of Slack.
 */
export const releaseTell: Command = {
  usage:
    "release tell building|failed --service S --sequence N --commit HEX [--reason R] [--by WHO]",
  about: "tell Slack how far a build is",
  words: [1, 1],
  first: "folder",
  async run(context, [phase], options) {
    const { cluster, by, repository, tellBuild } = context;
    const build = {
      service: options.service as string,
      sequence: options.sequence as number,
      commit: options.commit as string,
      cluster,
      by,
      reason: options.reason ?? "pushed",
      repository,
    };
    const told = await tellBuild(build, phase as BuildPhase);
    const message = told ? slackMetadata(told) : "";
    answer(context, options, { message }, [message]);
    return 0;
  },
};
