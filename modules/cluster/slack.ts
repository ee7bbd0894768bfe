import { SlackTarget } from "../../protocol/slack-target.ts";
import type { Cluster } from "../spec/cluster.ts";

/** The parameter with the bot's token: "global" is the name of no service, whose role reads its own. */
export const slackTokenParameter = (cluster: string) => `/shoestring/${cluster}/global/slack-token`;

const goodValues: Readonly<Record<string, string>> = {
  channel: 'a channel\'s id, like "C0123456789"',
  links: 'an address without blanks, "<", ">" and "|", like "https://board.example.org/{cluster}"',
  api: 'an address, like "https://slack.com/api"',
};

/** What of a cluster's words about Slack an agent would refuse. */
export function slackFaults({ name, slack }: Cluster) {
  if (slack === undefined) return [];
  const parsed = SlackTarget.safeParse({ ...slack, token: `ssm:${slackTokenParameter(name)}` });
  return (parsed.error?.issues ?? []).map(({ path }) => ({
    field: ["slack", ...path].join("."),
    value: path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown>)?.[step], slack),
    good: goodValues[String(path[0])] ?? "see modules/spec/cluster.ts",
  }));
}
