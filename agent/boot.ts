import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "../lib/problem.ts";
import type { ServiceFile } from "../protocol/service-file.ts";
import { readServiceFiles } from "./config-files.ts";
import { type Apart, eachAlone } from "./core/each-alone.ts";
import type { Log } from "./core/effects.ts";
import { serviceRoutes } from "./core/service-routes.ts";
import { isDrained } from "./instance/drain-controller.ts";
import { startTimers } from "./linux/cron-units.ts";
import { drainFile } from "./linux/drain-file.ts";
import { exec } from "./linux/exec.ts";
import { writeFileSafely } from "./linux/files.ts";
import {
  cronFolder,
  endsFolder,
  outFolder,
  readyFolder,
  serviceFolder,
  stateFolder,
} from "./linux/folders.ts";
import { fileHealthCheck } from "./linux/health-check.ts";
import { jsonLog as log } from "./linux/log.ts";
import { currentRoutes, renderTable } from "./linux/nftables.ts";
import { writeSites } from "./linux/nginx/write-sites.ts";
import { makeOwnFolder } from "./linux/own-folder.ts";
import { reservePorts } from "./linux/reserved-ports.ts";
import { stateFile } from "./linux/state-file.ts";
import { unitFiles } from "./linux/systemd.ts";
import { ensureUser } from "./linux/user.ts";

const unitFolder = "/etc/systemd/system";

/**
 * Prepares a booting machine before nginx starts: users, folders, units and sites of its services,
 * and the gate as it was. Idempotent; needs neither Consul nor AWS.
 */
export async function boot(): Promise<void> {
  const files = await readServiceFiles(log);
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  await mkdir(outFolder, { recursive: true, mode: 0o755 });
  await fileHealthCheck.pass("leaving");
  // A machine that was drained and rebooted must not get requests in between.
  if (isDrained(await drainFile().read(), new Date())) await fileHealthCheck.fail("drained");
  // Without it a service fails only where the kernel has given one of its ports away.
  await reservePorts(files.made).catch((error) =>
    log("ports.unreserved", { error: describe(error) }),
  );
  const { made } = await makeServices(files.made, serviceParts, log);
  // A service without a site fails its health check: no load balancer sends requests to it.
  await writeSites(made, { exec, log });
  await exec("systemctl", ["daemon-reload"]);
  await startTimers(made, exec, log);
  await exec("nft", ["-f", "-"], {
    input: renderTable({ active: await routes(files), closed: new Map() }),
  });
}

/** Makes one part of a service on its instance. */
type MakePart = (service: ServiceFile) => Promise<unknown>;

/** The parts of a service, in the order in which they need each other. */
const serviceParts: Readonly<Record<string, MakePart>> = {
  user: (service) => ensureUser(service, exec),
  folders: ({ service }) =>
    mkdir(join(serviceFolder(service), "processes"), { recursive: true, mode: 0o755 }),
  cron: ({ service }) => mkdir(cronFolder(service), { recursive: true, mode: 0o755 }),
  // The units and processes write these folders as their own user.
  ends: ({ service, user }) => makeOwnFolder(endsFolder(service), user, exec),
  ready: ({ service, user }) => makeOwnFolder(readyFolder(service), user, exec),
  unit: async (service) => {
    for (const [name, text] of unitFiles(service)) {
      await writeFileSafely(join(unitFolder, name), text, 0o644);
    }
  },
};

/** Makes each service's parts. A service that lacks one has no unit or site; the others go on. */
export const makeServices = (
  services: readonly ServiceFile[],
  parts: Readonly<Record<string, MakePart>>,
  log: Log,
): Promise<Apart<ServiceFile>> =>
  eachAlone(
    services,
    ({ service }) => service,
    async (service) => {
      for (const makePart of Object.values(parts)) await makePart(service);
      return service;
    },
    log,
  );

/** Routes of all services of this machine. */
export const routes = ({ made, failed }: Apart<ServiceFile>) =>
  serviceRoutes(made, failed, {
    readState: (service) => stateFile(statePath(service)).read(),
    current: () => currentRoutes(exec),
    log,
  });

export const statePath = (service: string) => join(stateFolder, `${service}.json`);
