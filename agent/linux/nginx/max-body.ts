import type { ServiceFile } from "../../../protocol/service-file.ts";

/**
 * The largest body of a request. Each location that a request can meet first must say it: nginx
 * asks that one for the length, and its own bound is 1 MiB.
 */
export const maxBody = ({ maxBodyMib }: ServiceFile): string =>
  `client_max_body_size ${maxBodyMib ?? 0}m;`;
