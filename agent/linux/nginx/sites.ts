import type { ServiceFile } from "../../../protocol/service-file.ts";
import { renderDefaultSite } from "./default-site.ts";
import { renderSite } from "./service-site.ts";

/**
 * The files of nginx's sites on a machine with these services, by name. No service's name begins
 * with an underscore.
 */
export const renderSites = (services: readonly ServiceFile[]): ReadonlyMap<string, string> =>
  new Map([
    ["_default.conf", renderDefaultSite(services)],
    ...services.map((it): [string, string] => [`${it.service}.conf`, renderSite(it)]),
  ]);
