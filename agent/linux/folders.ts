import { staticReleases } from "../../protocol/service-file.ts";
import type { OutReason, Place } from "../core/effects.ts";

/** The folder of one service on this instance. */
export const serviceFolder = (service: string) => `/srv/${service}`;

/** What nginx serves of a service's releases: a link for each, the newest first. */
export const staticFolder = (service: string) => `${serviceFolder(service)}/static`;
export const staticLinks = Array.from({ length: staticReleases }, (_, i) => String(i + 1));

export const stateFolder = "/var/lib/shoestring";
export const agentFilePath = "/etc/shoestring/agent.json";
export const serviceFilesFolder = "/etc/shoestring/services";
/** While one of these files exists, the load balancer's health check fails on purpose. */
export const outFolder = "/run/shoestring";
export const outPath = (reason: OutReason) => `${outFolder}/${reason}`;
/** The units of a service write here how its processes end. The service's user owns it. */
export const endsFolder = (service: string) => `${outFolder}/ends/${service}`;
/** The timers of scheduled commands write here that their time has come. Root owns it. */
export const cronFolder = (service: string) => `${outFolder}/cron/${service}`;
/** While this file exists, a process runs of a service that speaks no HTTP. */
export const runningPath = (service: string) => `${outFolder}/running-${service}`;
/** A process without HTTP makes its file here when it is ready. The service's user owns the folder. */
export const readyFolder = (service: string) => `${outFolder}/ready/${service}`;
export const readyPath = (service: string, { n, side }: Place) =>
  `${readyFolder(service)}/${n}${side}`;
/** Where a service keeps its state, below systemd's folder for that: `stateFolder` is root's alone. */
export const stateDirectory = (service: string) => `shoestring-services/${service}`;
export const keptPath = (service: string) => `/var/lib/${stateDirectory(service)}`;
/** While this file exists, nginx logs a service's requests to the file of `requestLogPath`. */
export const watchedPath = (service: string) => `${outFolder}/watched-${service}`;
export const requestLogPath = (service: string) => `${outFolder}/requests-${service}.log`;
/**
 * The last drain that the agent read, so that a machine that boots stays out. Without an ending:
 * `drain.json` is the state of a service of this name.
 */
export const drainPath = `${stateFolder}/drain`;
/** Written once in an instance's life, when the launch hook was answered. */
export const launchedPath = `${stateFolder}/launched`;
