import { httpProcesses } from "../../../protocol/process-settings.ts";
import type { ServiceFile } from "../../../protocol/service-file.ts";
import { renderDefaultSite } from "./default-site.ts";
import { renderSite } from "./service-site.ts";
import { renderSharedHosts } from "./shared-hosts.ts";
import { renderTypes } from "./types.ts";

const answersRequests = (service: ServiceFile) => httpProcesses(service).length > 0;

/**
 * The files of nginx's sites on a machine with these services, by name. No service's name begins
 * with an underscore.
 */
export function renderSites(services: readonly ServiceFile[]): ReadonlyMap<string, string> {
  const files = new Map([["_default.conf", renderDefaultSite(services)]]);
  const withHttp = services.filter(answersRequests);
  for (const service of withHttp) files.set(`${service.service}.conf`, renderSite(service));
  const sharing = withHttp.filter(({ rule }) => rule !== undefined);
  if (sharing.length > 0) files.set("_shared-hosts.conf", renderSharedHosts(sharing));
  if (withHttp.some((it) => it.static !== undefined)) files.set("_types.conf", renderTypes());
  return files;
}
