import { App, Testing } from "cdktf";
import { expect, test } from "vitest";
import type { Cluster } from "../spec/cluster.ts";
import { readSynthesised } from "../testing/synthesise.ts";
import { ClusterStack } from "./cluster-stack.ts";
import { slackFaults, slackTokenParameter } from "./slack.ts";

const cluster: Cluster = {
  name: "qa",
  cidr: "10.46.0.0/16",
  account: "111111111111",
  region: "eu-west-1",
  services: {
    web: { instances: { min: 1, max: 2 }, hosts: ["web.qa"], command: ["node", "server.js"] },
    api: { instances: { min: 1, max: 2 }, hosts: ["api.qa"], command: ["node", "server.js"] },
  },
};

test("the roles of the services' instances may read the bot's token, and no other role", () => {
  const slack = { channel: "C0123456789" };
  const { dataSources } = readSynthesised(
    Testing.synth(new ClusterStack(new App(), { ...cluster, slack }), true),
  );
  const readers = Object.entries(dataSources("aws_iam_policy_document")).filter(([, document]) =>
    JSON.stringify(document).includes(slackTokenParameter("qa")),
  );
  expect(readers.map(([id]) => id.replace(/-policy.*/, ""))).toEqual([
    "service-api_role-instance",
    "service-web_role-instance",
  ]);
});

test("a cluster without Slack has no fault, and one with invalid settings has a fault for each", () => {
  expect(slackFaults(cluster)).toEqual([]);
  const slack = { channel: "deploys", links: { trace: "traces.example.org" }, api: "slack" };
  expect(slackFaults({ ...cluster, slack }).map(({ field }) => field)).toEqual([
    "slack.channel",
    "slack.api",
    "slack.links.trace",
  ]);
});
