import { httpProcesses } from "../../../protocol/process-settings.ts";
import type { ServiceFile } from "../../../protocol/service-file.ts";
import { renderDefaultSite } from "./default-site.ts";
import { renderSite } from "./service-site.ts";

const answersRequests = (service: ServiceFile) => httpProcesses(service).length > 0;

/**
 * The files of nginx's sites on a machine with these services, by name. No service's name begins
 * with an underscore.
 */
export const renderSites = (services: readonly ServiceFile[]): ReadonlyMap<string, string> =>
  new Map([
    ["_default.conf", renderDefaultSite(services)],
    ...services
      .filter(answersRequests)
      .map((it): [string, string] => [`${it.service}.conf`, renderSite(it)]),
  ]);
