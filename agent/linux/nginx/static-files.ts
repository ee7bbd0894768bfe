import { pathPattern } from "../../../protocol/pattern.ts";
import type { ServiceFile } from "../../../protocol/service-file.ts";
import { staticFolder, staticLinks } from "../folders.ts";
import { maxBody } from "./max-body.ts";

/**
 * Locations of files that nginx takes from releases, the newest first: a page of an older release
 * still gets its own. What no release has, a process answers.
 *
 * @param below what the URI begins with before the path.
 * @param process the settings with which a request goes to a process.
 */
export function staticLocations(service: ServiceFile, below: string, process: string): string {
  const entries = Object.entries(service.static ?? {});
  if (entries.length === 0) return "";
  const name = `@${service.service}`;
  const locations = entries.map(([path, { folder, hashed }]) => {
    const tries = staticLinks.map((link) => `/${link}/${folder}$uri`).join(" ");
    const cache = hashed ? "public, max-age=31536000, immutable" : "no-cache";
    return `
  location ^~ ${below}${path}/ {
    root ${staticFolder(service.service)};
    rewrite "^${pathPattern(below + path)}(/.*)$" $1 break;
    add_header Cache-Control "${cache}";
    ${maxBody(service)}
    try_files ${tries} ${name};
  }
`;
  });
  return `${locations.join("")}
  location ${name} {
${process}
  }
`;
}
