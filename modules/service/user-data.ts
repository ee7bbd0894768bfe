import { AgentFile } from "../../protocol/agent-file.ts";
import { schemaVersion } from "../../protocol/documents.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";

export interface UserDataProps {
  /** The cluster's name. */
  readonly cluster: string;
  /** The instance's name. @default the EC2 instance id, which cloud-init fills in at boot */
  readonly instance?: string;
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
  readonly aws: {
    readonly region: string;
    /** Where the local region plays AWS. @default none: AWS itself, with the instance's role */
    readonly endpoint?: string;
  };
  /** How long a leaving instance waits for the load balancer, in seconds. @default 30 */
  readonly deregisterSeconds?: number;
}

/**
 * The user data with which an instance becomes a member of its cluster, on AWS and locally:
 * cloud-init writes the agent's, the services' and the Consul client's files and starts them.
 * Whoever may describe the instance reads user data, so it holds no secret.
 */
export function userData(props: UserDataProps): string {
  // Before an EC2 instance exists it has no name, so cloud-init fills it in: see `template`.
  const instance = props.instance ?? instanceIdMark;
  const document = {
    write_files: [
      file("/etc/shoestring/agent.json", agentFile(props, instance)),
      ...props.services.map((service) =>
        file(`/etc/shoestring/services/${service.service}.json`, service),
      ),
      file("/etc/shoestring/agent.env", agentEnvironment(props.aws)),
      file("/etc/consul.d/cluster.json", consulFile(props.consul, instance)),
    ],
    runcmd: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "start", "shoestring.target"],
    ],
  };
  const yaml = `#cloud-config\n${JSON.stringify(document, null, 1)}\n`; // JSON is YAML
  return props.instance === undefined ? template(yaml) : yaml;
}

/** Stands for the instance's name until `template` replaces it; valid where a name must be. */
const instanceIdMark = "instance-id-filled-in-at-boot";

/** Makes cloud-init fill in the instance's id, and take everything else as it stands. */
function template(yaml: string): string {
  const literal = yaml.replaceAll(/\{[{%#]/g, (opening) => `{{ "${opening}" }}`);
  return `## template: jinja\n${literal.replaceAll(instanceIdMark, "{{ v1.instance_id }}")}`;
}

function file(path: string, content: unknown) {
  const text = typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`;
  return { path, permissions: "0644", content: text };
}

function agentFile(props: UserDataProps, instance: string): AgentFile {
  return AgentFile.parse({
    schema: schemaVersion,
    cluster: props.cluster,
    instance,
    consulToken: `ssm:${props.consul.tokenParameter}`,
    ...(props.deregisterSeconds === undefined
      ? {}
      : { deregisterSeconds: props.deregisterSeconds }),
  });
}

/** The region, and for a played AWS its endpoint with credentials that open nothing. */
function agentEnvironment({ region, endpoint }: UserDataProps["aws"]): string {
  const played =
    endpoint === undefined
      ? ""
      : `AWS_ENDPOINT_URL=${endpoint}\nAWS_ACCESS_KEY_ID=local\nAWS_SECRET_ACCESS_KEY=local\n`;
  return `AWS_REGION=${region}\n${played}`;
}

function consulFile({ datacenter, retryJoin }: UserDataProps["consul"], nodeName: string) {
  return {
    datacenter,
    node_name: nodeName,
    retry_join: retryJoin,
    retry_interval: "2s",
    // The interface of the default route, or the only one. Never loopback: where the network is
    // not up yet Consul refuses to start, and systemd starts it again.
    bind_addr: '{{ GetPrivateInterfaces | limit 1 | attr "address" }}',
    disable_update_check: true,
    acl: {
      enabled: true,
      default_policy: "deny",
      enable_key_list_policy: true,
      // What was cached stays readable while the servers are away (design §6, rule 6).
      down_policy: "extend-cache",
      // The agent gives the client its token; a client that restarts by itself still has it.
      enable_token_persistence: true,
    },
  };
}
