import type { Place } from "../effects.ts";

/** Everything of one service on this instance (design §5). */
export const serviceFolder = (service: string) => `/srv/${service}`;
export const placeFolder = (service: string, { n, side }: Place) =>
  `${serviceFolder(service)}/processes/${n}${side}`;

export const stateFolder = "/var/lib/shoestring";
export const agentFilePath = "/etc/shoestring/agent.json";
export const serviceFilesFolder = "/etc/shoestring/services";
/** While this file exists, the load balancer's health check fails on purpose. */
export const leavingPath = "/run/shoestring/leaving";
