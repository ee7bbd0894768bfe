import {
  frontPort,
  healthPath,
  processNumbers,
  type ServiceFile,
} from "../../protocol/service-file.ts";
import { outPath, requestLogPath, watchedPath } from "./folders.ts";

/**
 * nginx's site of a service: written at boot, never reloaded by a deploy.
 *
 * `max_fails=0`: one refused connection must not ban a process for 10 s. With `overlap`,
 * connections to the processes are kept alive but young, so that nginx leaves an old process
 * by itself; with `in-place` there are none, since a cached one to a process that is about to
 * stop is a lost POST (ngx_http_upstream.c: a request that was sent is not retried).
 */
export function renderSite(service: ServiceFile): string {
  const { service: name, hosts, strategy } = service;
  const servers = processNumbers(service)
    .map((n) => `  server 127.0.0.1:${frontPort(service, n)} max_fails=0;`)
    .join("\n");
  const keepAlive =
    strategy === "overlap"
      ? "\n  keepalive 16;\n  keepalive_time 250ms;\n  keepalive_timeout 250ms;"
      : "";
  return `# Written by the Shoestring agent from /etc/shoestring/services/${name}.json
upstream ${name} {
${servers}${keepAlive}
}

map $http_upgrade $${variable(name)}_connection {
  default upgrade;
  '' '';
}

log_format ${variable(name)}_tries '$msec $request_time $status "$upstream_addr" "$upstream_status"';

server {
  listen 80;
  server_name ${hosts.join(" ")};

  # Only while the agent watches a rollout: it reads them, and makes them short again.
  set $${variable(name)}_watched '';
  if (-f ${watchedPath(name)}) {
    set $${variable(name)}_watched 1;
  }
  access_log ${requestLogPath(name)} ${variable(name)}_tries buffer=16k flush=500ms if=$${variable(name)}_watched;

  proxy_http_version 1.1;
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $${variable(name)}_connection;
  proxy_connect_timeout 2s;
  proxy_read_timeout 3600s;
  proxy_next_upstream error timeout;
  client_max_body_size 0;

  location / {
    proxy_pass http://${name};
  }
}
`;
}

/** The site for hosts that belong to no service: health checks come by address. */
export function renderDefaultSite(services: readonly ServiceFile[]): string {
  const checks = services.map(
    ({ service, ping }) => `
  location = ${healthPath(service)} {
    if (-f ${outPath("leaving")}) {
      return 503;
    }
    if (-f ${outPath("drained")}) {
      return 503;
    }
    proxy_connect_timeout 2s;
    proxy_next_upstream error timeout;
    proxy_pass http://${service}${ping};
  }
`,
  );
  return `# Written by the Shoestring agent
server {
  listen 80 default_server;
  server_name _;
${checks.join("")}
  location / {
    return 404;
  }
}
`;
}

/** nginx variable names have no dashes. */
const variable = (name: string) => name.replaceAll("-", "_");
