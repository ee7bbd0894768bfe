import { httpProcesses, httpSettings } from "../../../protocol/process-settings.ts";
import { frontPort, type ServiceFile } from "../../../protocol/service-file.ts";
import { requestLogPath, watchedPath } from "../folders.ts";
import { maxBody } from "./max-body.ts";
import { serverNames } from "./server-names.ts";
import { staticLocations } from "./static-files.ts";

/**
 * nginx's site of a service: written at boot, never reloaded by a deploy. Where other services of
 * the machine answer for its hosts, too, these are in the site of shared hosts.
 */
export const renderSite = (service: ServiceFile): string =>
  `# Written by the Shoestring agent from /etc/shoestring/services/${service.service}.json
${session(service)}${processes(service)}${service.rule === undefined ? server(service) : ""}`;

/** nginx's name of a service's processes, which no other name of nginx can meet. */
export const upstream = ({ service }: Pick<ServiceFile, "service">) => `shoestring-${service}`;

/**
 * `max_fails=0`: one refused connection must not ban a process for 10 s. With `overlap`,
 * connections to the processes are kept alive but young, so that nginx leaves an old process
 * by itself; with `in-place` there are none, since a cached one to a process that is about to
 * stop is a lost POST (ngx_http_upstream.c: a request that was sent is not retried).
 */
function processes(service: ServiceFile): string {
  const servers = httpProcesses(service)
    .map((n) => `  server 127.0.0.1:${frontPort(service, n)} max_fails=0;`)
    .join("\n");
  const keepAlive =
    httpSettings(service).strategy === "overlap"
      ? "\n  keepalive 16;\n  keepalive_time 250ms;\n  keepalive_timeout 250ms;"
      : "";
  const sticky =
    service.stickySeconds === undefined ? "" : `  hash ${sessionOf(service)} consistent;\n`;
  return `upstream ${upstream(service)} {
${sticky}${servers}${keepAlive}
}
`;
}

const server = (service: ServiceFile): string => `
server {
  listen 80;
  server_name ${serverNames(service.hosts).join(" ")};
  ${keepConnections}${service.protocol === undefined ? "" : "\n  http2 on;"}

  ${watched(service.service)}

  location / {
${service.protocol === undefined ? toProcesses(service) : toProcessesOverHttp2(service)}
  }
${staticLocations(service, "", toProcesses(service, "$request_uri"))}}
`;

/** Only while the agent watches a rollout: it reads the log, and makes it short again. */
export const watched = (service: string) => `set $shoestring_watched '';
  if (-f ${watchedPath(service)}) {
    set $shoestring_watched 1;
  }`;

/** How requests are passed to the processes of a service, whatever leads them to its location. */
export const toProcesses = (service: ServiceFile, uri = ""): string =>
  `${forEachRequest(service)}
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $shoestring_connection;
    proxy_connect_timeout 2s;
${readTimeout(service)}
    proxy_next_upstream error timeout;
    proxy_pass http://${upstream(service)}${uri};`;

/** nginx's module for gRPC is the one that speaks HTTP/2, to whatever answers. */
const toProcessesOverHttp2 = (service: ServiceFile): string =>
  `${forEachRequest(service)}
    grpc_set_header Host $host;
    grpc_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    grpc_buffer_size 36k;
    grpc_connect_timeout 2s;
    grpc_send_timeout ${longestIdleSeconds}s;
${readTimeout(service).replaceAll("proxy_", "grpc_")}
    grpc_next_upstream error timeout;
    grpc_pass grpc://${upstream(service)};`;

const forEachRequest = (service: ServiceFile): string =>
  `    access_log ${requestLogPath(service.service)} shoestring_tries buffer=16k flush=500ms if=$shoestring_watched;
    ${maxBody(service)}${sessionCookie(service)}`;

/** A request that took too long is not given to another process, which would take as long. */
const readTimeout = ({ requestTimeoutSeconds: seconds }: ServiceFile) =>
  seconds === undefined
    ? `    proxy_read_timeout ${longestIdleSeconds}s;`
    : `    proxy_read_timeout ${seconds}s;\n    proxy_next_upstream_timeout ${seconds}s;`;

/** The longest time without data that a load balancer allows. */
const longestIdleSeconds = 4000;

/** The load balancer must be the one who closes its connections, whatever its idle timeout is. */
export const keepConnections = `keepalive_timeout ${longestIdleSeconds + 100}s;`;

/**
 * A client that stays with a process has a cookie whose hash chooses the front port. The load
 * balancer's own cookie, which chooses the instance, is another one in each answer.
 */
const cookieOf = ({ service }: ServiceFile) => `shoestring_${service.replaceAll("-", "_")}`;
const sessionOf = (service: ServiceFile) => `$session_of_${cookieOf(service)}`;

const session = (service: ServiceFile) =>
  service.stickySeconds === undefined
    ? ""
    : `map $cookie_${cookieOf(service)} ${sessionOf(service)} {
  default $cookie_${cookieOf(service)};
  '' $request_id;
}

`;

function sessionCookie(service: ServiceFile): string {
  const { stickySeconds, plainHttp } = service;
  if (stickySeconds === undefined) return "";
  const attributes = `Path=/; Max-Age=${stickySeconds}; HttpOnly${plainHttp ? "" : "; Secure"}`;
  const cookie = `${cookieOf(service)}=${sessionOf(service)}; ${attributes}`;
  return `\n    add_header Set-Cookie "${cookie}" always;`;
}
