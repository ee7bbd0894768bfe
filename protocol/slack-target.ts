import * as z from "zod";
import { SlackLinks } from "./slack-links.ts";
import { SlackChannel } from "./slack-reference.ts";

/** Slack's API; another one, such as GovSlack's, can be set. */
export const slackApiUrl = "https://slack.com/api";

/** The Slack channel of a cluster's deploys, from an instance's `agent.json`. */
export const SlackTarget = z.looseObject({
  channel: SlackChannel,
  /** Reference to the bot's token: `ssm:<path>`, read with the instance's own role. */
  token: z.string().regex(/^ssm:\/.+$/),
  api: z.url({ protocol: /^https?$/ }).default(slackApiUrl),
  links: SlackLinks.default({}),
});
export type SlackTarget = z.infer<typeof SlackTarget>;
