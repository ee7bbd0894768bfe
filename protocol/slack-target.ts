import * as z from "zod";
import { SlackLinks } from "./slack-links.ts";
import { SlackChannel } from "./slack-reference.ts";

/** Slack's API; another one, such as GovSlack's, is a setting. */
export const slackApiUrl = "https://slack.com/api";

/** Where a cluster's deploys are told, as an instance's `agent.json` says it. */
export const SlackTarget = z.looseObject({
  channel: SlackChannel,
  /** Where the bot's token is: `ssm:<path>`, read with the instance's own role. */
  token: z.string().regex(/^ssm:\/.+$/),
  api: z.url({ protocol: /^https?$/ }).default(slackApiUrl),
  links: SlackLinks.default({}),
});
export type SlackTarget = z.infer<typeof SlackTarget>;
