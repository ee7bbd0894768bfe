import * as z from "zod";
import { slackApiUrl } from "./client.ts";
import { SlackLinks } from "./links.ts";
import { SlackChannel } from "./reference.ts";

/** Where a cluster's deploys are told, as an instance's `agent.json` says it. */
export const SlackTarget = z.looseObject({
  channel: SlackChannel,
  /** Where the bot's token is: `ssm:<path>`, read with the instance's own role. */
  token: z.string().regex(/^ssm:\/.+$/),
  api: z.url({ protocol: /^https?$/ }).default(slackApiUrl),
  links: SlackLinks.default({}),
});
export type SlackTarget = z.infer<typeof SlackTarget>;
