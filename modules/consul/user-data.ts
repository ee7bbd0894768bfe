import { readFileSync } from "node:fs";
import { consulNames } from "./names.ts";

export interface ServerUserDataProps {
  /** The cluster's name. */
  readonly cluster: string;
  /** The server's name among Consul's nodes. */
  readonly server: string;
  /** Number of servers that elect the first leader. */
  readonly servers: number;
  /** The AWS region whose SSM has the secrets. */
  readonly region: string;
  /** Whether the servers encrypt gossip, and refuse any other. */
  readonly encryptGossip: boolean;
}

/**
 * The user data that turns the image into a Consul server. It has references to secrets, never a
 * secret: anyone who may describe the instance can read it.
 */
export function serverUserData(props: ServerUserDataProps): string {
  const { managementTokenParameter, gossipKeyParameter } = consulNames(props.cluster);
  const managementToken = `ssm:${managementTokenParameter}`;
  const document = {
    write_files: [
      file("/etc/consul.d/cluster.json", serverConfig(props)),
      ...secretFiles(props.region, {
        acl: { tokens: { initial_management: managementToken, agent: managementToken } },
        ...(props.encryptGossip ? { encrypt: `ssm:${gossipKeyParameter}` } : {}),
      }),
    ],
    runcmd: [
      ["systemctl", "daemon-reload"],
      // The image starts Consul only where the agent runs.
      ["systemctl", "add-wants", "multi-user.target", "consul.service"],
      ["systemctl", "start", "--no-block", "consul.service"],
    ],
  };
  return `#cloud-config\n${JSON.stringify(document, null, 1)}\n`; // JSON is YAML
}

/**
 * Files with which an instance's Consul reads part of its configuration from SSM at its start. The
 * values are in memory only, readable by Consul's user only.
 *
 * @param config configuration in which `ssm:<path>` is a reference to a secret.
 */
function secretFiles(region: string, config: unknown) {
  const program = "/etc/shoestring/fill-secrets.mjs";
  const template = "/etc/shoestring/consul-secrets.json";
  return [
    file(program, readFileSync(new URL("fill-secrets.mjs", import.meta.url), "utf8")),
    file(template, config),
    file("/etc/systemd/system/consul.service.d/secrets.conf", [
      "[Service]",
      `Environment=AWS_REGION=${region}`,
      "RuntimeDirectory=consul",
      "RuntimeDirectoryMode=0700",
      // A Consul that crashes during an SSM outage restarts with the values it had.
      "RuntimeDirectoryPreserve=yes",
      `ExecStartPre=/usr/local/bin/node ${program} ${template} /run/consul/secrets.json`,
      "ExecStart=",
      "ExecStart=/usr/local/bin/consul agent -config-dir=/etc/consul.d -config-dir=/run/consul",
      "RestartSec=5",
    ]),
  ];
}

function file(path: string, content: unknown) {
  const text =
    typeof content === "string"
      ? content
      : Array.isArray(content)
        ? `${content.join("\n")}\n`
        : `${JSON.stringify(content, null, 2)}\n`;
  return { path, permissions: "0644", content: text };
}

function serverConfig({ cluster, server, servers, encryptGossip }: ServerUserDataProps) {
  return {
    server: true,
    bootstrap_expect: servers,
    datacenter: cluster,
    node_name: server,
    data_dir: "/var/lib/consul",
    retry_join: [consulNames(cluster).host],
    retry_interval: "5s",
    bind_addr: '{{ GetPrivateInterfaces | limit 1 | attr "address" }}',
    // Its security group decides who reaches it.
    client_addr: "0.0.0.0",
    ports: { dns: -1, grpc: -1, grpc_tls: -1, serf_wan: -1 },
    acl: {
      enabled: true,
      default_policy: "deny",
      enable_key_list_policy: true,
      down_policy: "extend-cache",
    },
    ...(encryptGossip ? { encrypt_verify_incoming: true, encrypt_verify_outgoing: true } : {}),
    // Notices a dead leader in about a second, and elects the next.
    performance: { raft_multiplier: 1 },
    // Longer than any long poll: 1.22's first patches closed them after 30 s.
    http_config: { read_timeout: "15m", write_timeout: "15m" },
    limits: { http_max_conns_per_client: 1000 },
    connect: { enabled: false },
    disable_update_check: true,
    log_level: "INFO",
  };
}
