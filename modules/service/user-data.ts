import { AgentFile } from "../../protocol/agent-file.ts";
import { schemaVersion } from "../../protocol/documents.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { SlackLinks } from "../../protocol/slack-links.ts";
import type { TraceSpec } from "../spec/cluster.ts";
import { agentLaunchSeconds, lifecycleOf } from "./lifecycle.ts";

export interface UserDataProps {
  /** The cluster's name. */
  readonly cluster: string;
  /** Services that the instance runs. */
  readonly services: readonly ServiceFile[];
  readonly consul: {
    /** The cluster's name. */
    readonly datacenter: string;
    /** Addresses of the servers, or go-discover terms like `provider=aws tag_key=…`. */
    readonly retryJoin: readonly string[];
    /** SSM parameter that has the agent's token. The token itself never is in user data. */
    readonly tokenParameter: string;
  };
  /** The AWS region, like `eu-central-1`. */
  readonly region: string;
  /** Slack channel to which deploys are reported. @default none */
  readonly slack?: {
    /** The channel's id, like "C0123456789". */
    readonly channel: string;
    /** SSM parameter that has the bot's token. */
    readonly tokenParameter: string;
    /** Pages that a message links to. @default none */
    readonly links?: SlackLinks;
    /** Slack's API. @default that of slack.com */
    readonly api?: string;
  };
  /** Collector to which agents send the trace of each deploy. @default none */
  readonly trace?: TraceSpec;
  /** The Auto Scaling group whose hooks wait for the instance. */
  readonly group: string;
  /** Whether instances of the group may be spot. @default false */
  readonly spot?: boolean;
}

/**
 * The user data with which an instance joins its cluster, on AWS and locally: cloud-init writes the
 * files of the agent, the services and the Consul client, and starts them. Anyone who may describe
 * the instance can read user data, so it has no secret.
 */
export function userData(props: UserDataProps): string {
  const document = {
    write_files: [
      file("/etc/shoestring/agent.json", agentFile(props)),
      ...props.services.map((service) =>
        file(`/etc/shoestring/services/${service.service}.json`, service),
      ),
      file("/etc/shoestring/agent.env", `AWS_REGION=${props.region}\n`),
      file("/etc/consul.d/cluster.json", consulFile(props.consul)),
    ],
    runcmd: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "start", "shoestring.target"],
    ],
  };
  return template(`#cloud-config\n${JSON.stringify(document, null, 1)}\n`); // JSON is YAML
}

/**
 * The name of an EC2 instance is unknown before it exists. This placeholder is a valid name;
 * `template` replaces it.
 */
const instanceIdMark = "instance-id-filled-in-at-boot";

/** Makes cloud-init fill in the instance's id, and keep everything else as it is. */
function template(yaml: string): string {
  const literal = yaml.replaceAll(/\{[{%#]/g, (opening) => `{{ "${opening}" }}`);
  return `## template: jinja\n${literal.replaceAll(instanceIdMark, "{{ v1.instance_id }}")}`;
}

function file(path: string, content: unknown) {
  const text = typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`;
  return { path, permissions: "0644", content: text };
}

function agentFile(props: UserDataProps): AgentFile {
  const lifecycle = lifecycleOf(props.services);
  return AgentFile.parse({
    schema: schemaVersion,
    cluster: props.cluster,
    instance: instanceIdMark,
    consulToken: `ssm:${props.consul.tokenParameter}`,
    slack: props.slack && slackTarget(props.slack),
    ...(props.trace === undefined ? {} : { trace: props.trace }),
    lifecycle: {
      group: props.group,
      launchHook: lifecycle.launchHook,
      terminateHook: lifecycle.terminateHook,
      launchSeconds: agentLaunchSeconds(lifecycle),
      ...(props.spot ? { spot: true } : {}),
    },
  });
}

function slackTarget({ tokenParameter, ...rest }: NonNullable<UserDataProps["slack"]>) {
  return { ...rest, token: `ssm:${tokenParameter}` };
}

function consulFile({ datacenter, retryJoin }: UserDataProps["consul"]) {
  return {
    datacenter,
    node_name: instanceIdMark,
    retry_join: retryJoin,
    retry_interval: "2s",
    // The interface of the default route, or the only one. Never loopback: before the network is up
    // Consul refuses to start, and systemd starts it again.
    bind_addr: '{{ GetPrivateInterfaces | limit 1 | attr "address" }}',
    disable_update_check: true,
    acl: {
      enabled: true,
      default_policy: "deny",
      enable_key_list_policy: true,
      // Cached tokens keep working while the servers are away (docs/rules.md, rule 6).
      down_policy: "extend-cache",
      // The agent gives the client its token; a client that restarts alone still has it.
      enable_token_persistence: true,
    },
  };
}
