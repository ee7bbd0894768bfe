import { httpProcesses, httpSettings } from "../../../protocol/process-settings.ts";
import { healthPath, type ServiceFile } from "../../../protocol/service-file.ts";
import { probeHeaders } from "../../core/probe-headers.ts";
import { outPath, runningPath } from "../folders.ts";
import { upstream } from "./service-site.ts";

/**
 * What all sites share, and the site for hosts that belong to no service: health checks come by
 * address.
 *
 * A host has at most 128 characters. What the load balancer passes must pass: 16 KiB a line and
 * 64 KiB of headers together in a request, 32 KiB in an answer (and a few that nginx adds). How long
 * nothing may be sent is the load balancer's to say, which allows 4000 s.
 */
export const renderDefaultSite = (services: readonly ServiceFile[]): string =>
  `# Written by the Shoestring agent
server_names_hash_bucket_size 256;
server_names_hash_max_size 4096;
large_client_header_buffers 8 32k;
proxy_buffer_size 36k;
proxy_buffers 16 4k;
proxy_busy_buffers_size 40k;
client_body_timeout 4000s;
send_timeout 4000s;
variables_hash_bucket_size 128;

map $http_upgrade $shoestring_connection {
  default upgrade;
  '' '';
}

log_format shoestring_tries '$msec $request_time $status "$upstream_addr" "$upstream_status"';

server {
  listen 80 default_server;
  server_name _;${services.some(({ protocol }) => protocol !== undefined) ? "\n  http2 on;" : ""}
${services.map(healthCheck).join("")}
  location / {
    return 404;
  }
}
`;

function healthCheck(service: ServiceFile): string {
  const answer = httpProcesses(service).length > 0 ? askProcess(service) : askAgent(service);
  return `
  location = ${healthPath(service.service)} {
    if (-f ${outPath("leaving")}) {
      return 503;
    }
    if (-f ${outPath("drained")}) {
      return 503;
    }
${answer}  }
`;
}

/** The process gets the headers of the agent's own probe, and none of the load balancer's. */
function askProcess(service: ServiceFile): string {
  if (service.protocol !== undefined) return callProcess(service);
  const headers = Object.entries(probeHeaders(service)).map(
    ([name, value]) => `    proxy_set_header ${name} "${value}";\n`,
  );
  return `    proxy_http_version 1.1;
    proxy_pass_request_headers off;
${headers.join("")}    proxy_connect_timeout 2s;
    proxy_next_upstream error timeout;
    proxy_pass "http://${upstream(service)}${httpSettings(service).ping}";
`;
}

/** Over HTTP/2 the load balancer's own headers are passed on, too: gRPC has some of its own. */
function callProcess(service: ServiceFile): string {
  const { Connection, ...ofProbe } = probeHeaders(service);
  const headers = Object.entries(ofProbe).map(
    ([name, value]) => `    grpc_set_header ${name} "${value}";\n`,
  );
  return `    rewrite ^ "${httpSettings(service).ping}" break;
${headers.join("")}    grpc_connect_timeout 2s;
    grpc_next_upstream error timeout;
    grpc_pass grpc://${upstream(service)};
`;
}

/** No process speaks HTTP: the agent knows whether one runs. */
const askAgent = ({ service }: ServiceFile) => `    if (!-f ${runningPath(service)}) {
      return 503;
    }
    return 200;
`;
