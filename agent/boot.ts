import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ServiceFile } from "../protocol/service-file.ts";
import { readServiceFiles } from "./config-files.ts";
import { type Apart, eachAlone } from "./core/each-alone.ts";
import { serviceRoutes } from "./core/service-routes.ts";
import { isDrained } from "./instance/drain-controller.ts";
import { drainFile } from "./linux/drain-file.ts";
import { exec } from "./linux/exec.ts";
import { writeFileSafely } from "./linux/files.ts";
import { endsFolder, outFolder, readyFolder, serviceFolder, stateFolder } from "./linux/folders.ts";
import { fileHealthCheck } from "./linux/health-check.ts";
import { jsonLog as log } from "./linux/log.ts";
import { currentRoutes, renderTable } from "./linux/nftables.ts";
import { writeSites } from "./linux/nginx/write-sites.ts";
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
  const services = files.made;
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  await mkdir(outFolder, { recursive: true, mode: 0o755 });
  await fileHealthCheck.pass("leaving");
  // A machine that was drained and rebooted must not get requests in between.
  if (isDrained(await drainFile().read(), new Date())) await fileHealthCheck.fail("drained");
  await eachAlone(services, ({ service }) => service, prepareService, log);
  await writeSites(services, { exec, log });
  await exec("systemctl", ["daemon-reload"]);
  await exec("nft", ["-f", "-"], {
    input: renderTable({ active: await routes(files), closed: new Map() }),
  });
}

/** The user, folders and unit of one service. */
async function prepareService(service: ServiceFile): Promise<void> {
  await ensureUser(service, exec);
  const folder = serviceFolder(service.service);
  await mkdir(join(folder, "processes"), { recursive: true, mode: 0o755 });
  // The units and processes write these folders as their own user.
  for (const written of [endsFolder(service.service), readyFolder(service.service)]) {
    await exec("install", ["-d", "-m", "0755", "-o", service.user, written]);
  }
  for (const [name, text] of unitFiles(service)) {
    await writeFileSafely(join(unitFolder, name), text, 0o644);
  }
}

/** Routes of all services of this machine. */
export const routes = ({ made, failed }: Apart<ServiceFile>) =>
  serviceRoutes(made, failed, {
    readState: (service) => stateFile(statePath(service)).read(),
    current: () => currentRoutes(exec),
    log,
  });

export const statePath = (service: string) => join(stateFolder, `${service}.json`);
