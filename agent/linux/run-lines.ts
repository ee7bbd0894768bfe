import type { ServiceFile } from "../../protocol/service-file.ts";
import { stateDirectory } from "./folders.ts";
import { unitLines } from "./unit-lines.ts";

/** Where a run may write, on the disk; systemd makes it for each run alone. */
const runFolder = "/var/tmp";

/**
 * The lines of `[Service]` that every run of a release has, process or step before it: it starts
 * from its own place (pointer, environment and command). systemd reads the 0600 environment file as
 * root; its content is in no unit property (sliding-sync#415).
 *
 * `PrivateTmp` gives each run a /tmp and a /var/tmp of its own, which systemd removes with it: HOME
 * and the cache are there, so nothing of a release is left to the next one. In the same way each run
 * has a /dev/shm of its own: in a shared one, what one service leaves is missing to all others.
 *
 * @param settings those of the process.
 */
export function runLines(settings: ServiceFile, place: string): string {
  const { user, service, stopTimeoutSeconds, state } = settings;
  const keeps = [`StateDirectory=${stateDirectory(service)}`, "StateDirectoryMode=0750"];
  return [
    `User=${user}`,
    `WorkingDirectory=${place}/release`,
    `Environment=HOME=${runFolder} CACHE_DIRECTORY=${runFolder}`,
    `EnvironmentFile=${place}/env`,
    `ExecStart=/bin/sh ${place}/run`,
    ...unitLines(settings),
    `TimeoutStopSec=${stopTimeoutSeconds}`,
    "NoNewPrivileges=yes",
    "ProtectSystem=full",
    "PrivateTmp=yes",
    "TemporaryFileSystem=/dev/shm:mode=1777,size=50%",
    ...(state === undefined ? [] : keeps),
    "SyslogIdentifier=%N",
  ].join("\n");
}
