import { hostPattern, pathPattern } from "../../protocol/pattern.ts";
import { healthPath } from "../../protocol/service-file.ts";

/** One service's instances, which get the requests for its hosts and paths. */
export interface TargetGroup {
  readonly service: string;
  /** With `*` and `?`, as for an Application Load Balancer. */
  readonly hosts: readonly string[];
  /** @default every path */
  readonly paths?: readonly string[];
  /** For how long a client stays with an instance. @default not at all */
  readonly stickySeconds?: number;
  /** What it speaks to nginx: HTTP/2 without TLS, for gRPC too. @default HTTP/1.1 */
  readonly protocol?: "http2" | "grpc";
  /** Whether only instances may ask, at the address that is Consul's, too. @default false */
  readonly isInternal?: boolean;
  readonly targets: readonly Target[];
}

export interface Target {
  readonly instance: string;
  readonly address: string;
}

export interface LoadBalancer {
  readonly address: string;
  readonly port: number;
  /** Path of the admin socket. */
  readonly socket: string;
  /** Whether the listener stands for one with TLS, so that requests are said to come over it. */
  readonly hasTls: boolean;
  /** In the order of their rules. */
  readonly targetGroups: readonly TargetGroup[];
  readonly consul: ConsulServers;
  /** Seconds without data after which a connection is closed. */
  readonly idleTimeoutSeconds: number;
}

/** Consul servers behind one address, which stands for their common name in the VPC's DNS. */
export interface ConsulServers {
  readonly address: string;
  readonly servers: readonly string[];
}

/**
 * HAProxy's configuration, which behaves as an Application Load Balancer: a rule by host name
 * and path for each target group, health checks, no second try of a request, 404 for unknown hosts.
 *
 * Unlike an ALB it answers 503 when no target is healthy; an ALB then tries them all. In place of
 * TLS it takes HTTP/2 by prior knowledge, beside HTTP/1.1 on one port.
 */
export function haproxyConfig(loadBalancer: LoadBalancer): string {
  const { address, port, socket, hasTls, targetGroups, consul } = loadBalancer;
  const { idleTimeoutSeconds } = loadBalancer;
  const [internal, all] = [true, false].map((inside) =>
    targetGroups.filter(({ isInternal = false }) => isInternal === inside).map(rule),
  ) as [string[], string[]];
  return `# Written by \`shoestring local up\`
global
  maxconn 4000
  stats socket ${socket} mode 600 level admin
  # Connections of before a reload are cut after that, as deregistration does.
  hard-stop-after 30s
  log stdout format raw local0

defaults
  mode http
  log global
  option httplog
  option dontlog-normal
  option forwardfor
  # A reload must not close a connection that its client is just using again; HAProxy's own
  # default does (its manual, "idle-close-on-response"), an ALB does not.
  option idle-close-on-response
  retries 0
  balance roundrobin
  timeout connect 5s
  timeout client ${idleTimeoutSeconds}s
  timeout server ${idleTimeoutSeconds}s
  timeout http-request 60s
  timeout http-keep-alive ${idleTimeoutSeconds}s
  timeout tunnel 1h
  timeout check 2s

frontend listener
  bind ${address}:${port}
  http-request set-header X-Forwarded-Proto ${hasTls ? "https" : "http"}
${all.join("\n")}
  default_backend no-rule
${internal.length > 0 ? internalFrontend(consul.address, internal) : ""}
backend no-rule
  http-request return status 404 content-type text/plain string "no rule for this host\\n"
${targetGroups.map(backend).join("")}${consulServers(consul)}`;
}

/** A load balancer with a private address, which instances reach by the bridge. */
const internalFrontend = (address: string, rules: readonly string[]) => `
frontend internal
  bind ${address}:80
  http-request set-header X-Forwarded-Proto http
${rules.join("\n")}
  default_backend no-rule
`;

/** Single quotes keep HAProxy from reading a backslash. Its `path` is as it came, without the query. */
function rule({ service, hosts, paths = [] }: TargetGroup): string {
  const expressions = (patterns: readonly string[]) => patterns.map((it) => `'^${it}$'`).join(" ");
  const isPlain = hosts.every((host) => /^[a-z0-9.-]+$/.test(host));
  const host = isPlain
    ? `-m str ${hosts.join(" ")}`
    : `-m reg ${expressions(hosts.map(hostPattern))}`;
  const path = paths.length > 0 ? ` { path -m reg ${expressions(paths.map(pathPattern))} }` : "";
  return `  use_backend ${service} if { req.hdr(host),field(1,:),lower ${host} }${path}`;
}

/** Its names have an underscore, which no service or instance name has. */
function consulServers({ address, servers }: ConsulServers): string {
  const lines = servers.map(
    (server, i) =>
      `  server consul_${i + 1} ${server}:8500 check inter 250ms rise 1 fall 2 on-marked-down shutdown-sessions\n`,
  );
  return `
listen consul_servers
  bind ${address}:8500
  mode tcp
  option tcplog
  balance first
  # Longer than any long poll.
  timeout client 15m
  timeout server 15m
  timeout connect 1s
  # The address of the leader that the server knows; an empty one while it knows none.
  option httpchk
  http-check send meth GET uri /v1/status/leader
  http-check expect rstring [0-9]
${lines.join("")}`;
}

function backend(targetGroup: TargetGroup): string {
  const { service, targets, stickySeconds, protocol } = targetGroup;
  const isSticky = stickySeconds !== undefined;
  const overHttp2 = protocol === undefined ? "" : " proto h2";
  const servers = targets.map(
    ({ instance, address }) =>
      `  server ${instance} ${address}:80${overHttp2} check inter 500ms rise 2 fall 2${isSticky ? ` cookie ${instance}` : ""}\n`,
  );
  const cookie = isSticky ? `  cookie AWSALB insert indirect maxidle ${stickySeconds}s\n` : "";
  return `
backend ${service}
${cookie}  option httpchk
  http-check send ${check(targetGroup)}
  http-check expect status 200
${servers.join("")}`;
}

/**
 * Over HTTP/2 HAProxy needs a host, as for a call: an address, which is none of a service's. A call
 * has no message here, as HAProxy cannot send a zero, and its status is in a trailer, which HAProxy
 * does not read: that the process answers must do. Its agent asks it properly.
 */
function check({ service, protocol }: TargetGroup): string {
  const path = healthPath(service);
  if (protocol === undefined) return `meth GET uri ${path}`;
  const http2 = `uri ${path} ver HTTP/2 hdr host 127.0.0.1`;
  return protocol === "grpc"
    ? `meth POST ${http2} hdr content-type application/grpc hdr te trailers`
    : `meth GET ${http2}`;
}
