import type { Http } from "../../lib/http.ts";
import { happening } from "../../lib/problem.ts";
import { releaseId } from "../../protocol/releases.ts";
import {
  SlackChannel,
  SlackMetadata,
  type SlackReference,
} from "../../protocol/slack-reference.ts";
import {
  type BuildDetails,
  type BuildPhase,
  buildMessage,
  buildName,
} from "../../slack/build-message.ts";
import { slackOverHttp } from "../../slack/client.ts";

/**
 * Begins the one message of a deploy, or updates it.
 *
 * @returns the message's reference, for the upload's metadata; undefined where Slack is not
 * configured or gave no answer. It never rejects: no build fails because of Slack.
 */
export type NotifyBuild = (
  build: BuildDetails,
  phase: BuildPhase,
  begun?: SlackReference,
) => Promise<SlackReference | undefined>;

/** Longest wait of a build for Slack. */
const longestMs = 2000;

/**
 * Reports to the channel that the environment names: `SHOESTRING_SLACK_TOKEN`,
 * `SHOESTRING_SLACK_CHANNEL` (an id), and optionally `SHOESTRING_SLACK_MESSAGE`, `<channel>/<ts>`
 * of a message that an earlier step began, and `SHOESTRING_SLACK_API`. Without token or channel it
 * does nothing.
 */
export function notifyBuild(
  env: Readonly<Record<string, string | undefined>>,
  http: Http,
  say: (line: string) => void,
): NotifyBuild {
  const { SHOESTRING_SLACK_TOKEN: token, SHOESTRING_SLACK_CHANNEL: channel } = env;
  if (!token || !channel) return async () => undefined;
  if (!SlackChannel.safeParse(channel).success) {
    say(
      `Slack is not told: SHOESTRING_SLACK_CHANNEL is "${channel}"; good: an id like C0123456789`,
    );
    return async () => undefined;
  }
  const slack = slackOverHttp({
    url: env.SHOESTRING_SLACK_API || undefined,
    token,
    http: (request) => http({ ...request, timeoutMs: longestMs }),
  });
  const before = SlackMetadata.safeParse(env.SHOESTRING_SLACK_MESSAGE).data;
  return async (build, phase, begun = before) => {
    const message = buildMessage(build, phase);
    const name = buildName(build.cluster, { id: releaseId(build) });
    try {
      if (begun === undefined) return await slack.post({ channel, name, message });
      await slack.update(begun, name, message);
      return begun;
    } catch (error) {
      say(`Slack was not told: ${happening(error)}`);
      return begun;
    }
  };
}
