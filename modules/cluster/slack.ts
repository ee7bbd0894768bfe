import { SlackTarget } from "../../protocol/slack-target.ts";
import type { Cluster } from "../spec/cluster.ts";

/** The bot's token. No service can be named "global", so no service's role covers it. */
export const slackTokenParameter = (cluster: string) => `/shoestring/${cluster}/global/slack-token`;

const goodValues: Readonly<Record<string, string>> = {
  channel: 'a channel\'s id, like "C0123456789"',
  links: 'an address without blanks, "<", ">" and "|", like "https://board.example.org/{cluster}"',
  api: 'an address, like "https://slack.com/api"',
};

/** The Slack settings of a cluster that an agent would refuse. */
export function slackFaults({ name, slack }: Cluster) {
  if (slack === undefined) return [];
  const parsed = SlackTarget.safeParse({ ...slack, token: `ssm:${slackTokenParameter(name)}` });
  return (parsed.error?.issues ?? []).map(({ path }) => ({
    field: ["slack", ...path].join("."),
    value: path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown>)?.[step], slack),
    good: goodValues[String(path[0])] ?? "see modules/spec/cluster.ts",
  }));
}
