import { hostPattern, pathPattern } from "../../../protocol/pattern.ts";
import type { ServiceFile } from "../../../protocol/service-file.ts";
import { serverNames } from "./server-names.ts";
import { keepConnections, toProcesses, watched } from "./service-site.ts";
import { staticLocations } from "./static-files.ts";

/** The service of a request, by the load balancer's rules; a dash where none matches. */
const route = "$shoestring_route";

/**
 * The site of hosts for which several services of the machine answer. A map takes the rules in the
 * load balancer's order, and matches what the load balancer matches: the path as it came, where
 * nginx's own locations see a decoded one. A location of the service then has its settings, as only
 * a location decides on a body's size and on timeouts.
 */
export function renderSharedHosts(services: readonly ServiceFile[]): string {
  const inOrder = services.toSorted((a, b) => priorityOf(a) - priorityOf(b));
  const hosts = inOrder.flatMap((service) => service.hosts);
  return `# Written by the Shoestring agent: hosts of ${inOrder.map((it) => it.service).join(", ")}
map "$host$request_uri" ${route} {
${inOrder.flatMap(entries).join("\n")}
  default -;
}

server {
  listen 80;
  server_name ${serverNames(hosts).join(" ")};
  ${keepConnections}

  ${watched(route)}
  rewrite ^ /${route}$uri last;
${inOrder.map(location).join("")}
  location / {
    return 404;
  }
}
`;
}

const priorityOf = ({ rule }: ServiceFile) => rule?.priority ?? Number.POSITIVE_INFINITY;

/** Expressions for the host, the path and what may follow it: the query. */
function entries({ service, hosts, rule }: ServiceFile): string[] {
  const paths = rule === undefined || rule.paths.length === 0 ? ["*"] : rule.paths;
  return hosts.flatMap((host) =>
    paths.map((path) => `  "~^${hostPattern(host)}${pathPattern(path)}(\\?|$)" ${service};`),
  );
}

const location = (service: ServiceFile) => `
  location ^~ /${service.service}/ {
${toProcesses(service, "$request_uri")}
  }
${staticLocations(service, `/${service.service}`, toProcesses(service, "$request_uri"))}`;
