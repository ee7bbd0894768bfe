import type { OutReason } from "../core/effects.ts";

/** Everything of one service on this instance. */
export const serviceFolder = (service: string) => `/srv/${service}`;

export const stateFolder = "/var/lib/shoestring";
export const agentFilePath = "/etc/shoestring/agent.json";
export const serviceFilesFolder = "/etc/shoestring/services";
/** While one of these files exists, the load balancer's health check fails on purpose. */
export const outFolder = "/run/shoestring";
export const outPath = (reason: OutReason) => `${outFolder}/${reason}`;
/** Where the units of a service write how its processes end; it belongs to the service's user. */
export const endsFolder = (service: string) => `${outFolder}/ends/${service}`;
/** While this file exists nginx logs a service's requests, to the other one. */
export const watchedPath = (service: string) => `${outFolder}/watched-${service}`;
export const requestLogPath = (service: string) => `${outFolder}/requests-${service}.log`;
/** The drain that the agent knew last, so that a machine which boots stays out. */
export const drainPath = `${stateFolder}/drain.json`;
/** Written when the launch hook has its answer, once in an instance's life. */
export const launchedPath = `${stateFolder}/launched`;
