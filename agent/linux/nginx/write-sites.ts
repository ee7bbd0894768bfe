import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ServiceFile } from "../../../protocol/service-file.ts";
import { eachAlone } from "../../core/each-alone.ts";
import type { Log } from "../../core/effects.ts";
import type { Exec } from "../exec.ts";
import { writeFileSafely } from "../files.ts";
import { renderSites } from "./sites.ts";

interface Effects {
  readonly exec: Exec;
  readonly log: Log;
  /** nginx's folder of sites. */
  readonly folder?: string;
}

/**
 * Writes nginx's sites, and removes others that lie there. One that nginx refuses is left out and
 * logged: nginx would start for none of them.
 */
export async function writeSites(
  services: readonly ServiceFile[],
  { exec, log, folder = "/etc/nginx/conf.d" }: Effects,
): Promise<void> {
  const tryOut = async (some: readonly ServiceFile[]) => {
    await writeFiles(folder, renderSites(some));
    await exec("nginx", ["-t", "-q"]);
  };
  try {
    return await tryOut(services);
  } catch {
    // Then each is tried beside those that are accepted.
  }
  const accepted: ServiceFile[] = [];
  const accept = async (service: ServiceFile) => {
    await tryOut([...accepted, service]);
    accepted.push(service);
  };
  await eachAlone(services, ({ service }) => service, accept, log);
  await writeFiles(folder, renderSites(accepted));
}

async function writeFiles(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith(".conf") && !files.has(name)) await rm(join(folder, name));
  }
  for (const [name, text] of files) await writeFileSafely(join(folder, name), text, 0o644);
}
