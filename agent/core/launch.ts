import { kindOf, settingsOf } from "../../protocol/process-settings.ts";
import type { ReleaseFile, ServiceFile } from "../../protocol/service-file.ts";
import type { Launch, LaunchOfProcess } from "./effects.ts";

/** What a release starts with: its release.json over the service's file, for each kind of process. */
export function launchOfRelease(service: ServiceFile, file: ReleaseFile): Launch {
  const command = file.command ?? service.command;
  const ping = file.ping ?? service.ping;
  const unknownKinds = Object.keys(file.processes ?? {}).filter((kind) => !service.kinds?.[kind]);
  const unknown = unknownKinds.length > 0 ? { unknownKinds } : {};
  if (service.kinds === undefined) return { command, ping, ...unknown };
  const kinds = Object.entries(service.kinds).map(([name, kind]) => {
    const build = file.processes?.[name] ?? {};
    const launch = {
      command: build.command ?? kind.command ?? command,
      ping: build.ping ?? kind.ping ?? ping,
    };
    return [name, launch] as const;
  });
  return { command, ping, kinds: Object.fromEntries(kinds), ...unknown };
}

/** What process n starts with. */
export function launchOfProcess(service: ServiceFile, launch: Launch, n: number): LaunchOfProcess {
  const kind = kindOf(service, n);
  return (kind !== undefined && launch.kinds?.[kind]) || launch;
}

/**
 * The paths of process n that must answer: its release's own, and the one that the load balancer
 * checks, which nginx has from the service's file. A release that answers only its own would be
 * taken out everywhere as soon as it serves.
 */
export const pingsOf = (service: ServiceFile, launch: Launch, n: number) => ({
  ping: launchOfProcess(service, launch, n).ping,
  checked: settingsOf(service, n).ping,
});
