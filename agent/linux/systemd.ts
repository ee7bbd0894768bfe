import { access, readFile } from "node:fs/promises";
import { kindOf, readyBy, settingsOf, singletonsOf } from "../../protocol/process-settings.ts";
import { processNumbers, type ServiceFile } from "../../protocol/service-file.ts";
import { beforeUnitName, unitName, unitTemplate } from "../../protocol/units.ts";
import type { Clock, Place, Supervisor, UnitState, UnitStatus } from "../core/effects.ts";
import { cronUnits } from "./cron-units.ts";
import { leaseUnits } from "./dead-mans-timer.ts";
import type { Exec, ExecOptions } from "./exec.ts";
import { endsFolder, readyFolder, readyPath, serviceFolder } from "./folders.ts";
import { renderOneShotUnit } from "./one-shot-unit.ts";
import { removeReadyFile } from "./ready-file.ts";
import { runLines } from "./run-lines.ts";
import { setShare } from "./share.ts";
import { hasJob } from "./unit-job.ts";

/** The unit of one place: `shoestring-web@1a.service`. */
export const unitOf = (service: string, place: Place) => `${unitName(service, place)}.service`;

/**
 * The unit files of a service by name: a template for all processes, or, where they are of several
 * kinds, a file for each side of each, which systemd prefers to a template.
 */
export const unitFiles = (service: ServiceFile): (readonly [string, string])[] => [
  ...processUnits(service),
  ...singletonsOf(service).flatMap((n) => leaseUnits(service, n)),
  ...beforeUnits(service),
  ...cronUnits(service),
];

function beforeUnits(service: ServiceFile): (readonly [string, string])[] {
  const { service: name, before } = service;
  if (before === undefined) return [];
  const { timeoutSeconds } = before;
  const description = "the step before a release";
  const text = renderOneShotUnit(service, { description, place: "before", timeoutSeconds });
  return [[`${beforeUnitName(name)}.service`, text]];
}

function processUnits(service: ServiceFile): (readonly [string, string])[] {
  if (service.kinds === undefined) {
    return [[`${unitTemplate(service.service)}.service`, renderUnit(service)]];
  }
  return processNumbers(service).flatMap((n) => {
    const text = renderUnit(service, n);
    return (["a", "b"] as const).map(
      (side) => [unitOf(service.service, { n, side }), text] as const,
    );
  });
}

/**
 * The template of a service's units. The process starts from its own place, so after a crash it
 * comes back as it was.
 *
 * `ExecStopPost` writes how a run ended (ends.ts), because the automatic restart resets systemd's
 * properties of it. It is the only command, since each one costs a stop about 60 ms and a processor
 * half of that (`ExecStop` could say whether the stop was requested, but does not run after a
 * failure). It does not run as root: the service controls the environment, perhaps an LD_PRELOAD.
 *
 * `CollectMode`: a unit that was stopped and killed, or ended with its own status, has not failed.
 */
export function renderUnit(service: ServiceFile, n = 1): string {
  const settings = settingsOf(service, n);
  const name = [service.service, kindOf(service, n)].filter((it) => it !== undefined).join(" ");
  const ready = readyBy(service, n);
  const place = `${serviceFolder(service.service)}/processes/%i`;
  const ends = endsFolder(service.service);
  // The agent, not systemd, bounds the time until READY=1.
  const type = ready === "notify" ? "notify\nNotifyAccess=all\nTimeoutStartSec=infinity" : "exec";
  // A run that follows a crash has to say anew that it is ready.
  const unready = ready === "file" ? `; rm -rf ${readyFolder(service.service)}/%i` : "";
  return `# Written by the Shoestring agent from /etc/shoestring/services/${service.service}.json
[Unit]
Description=${name}, process %i
After=network.target
Before=nginx.service
StartLimitIntervalSec=0
CollectMode=inactive-or-failed

[Service]
Type=${type}
${runLines(settings, place)}
ExecStopPost=-/bin/sh -c 'echo "$$INVOCATION_ID $$SERVICE_RESULT $\${EXIT_CODE:-none} $\${EXIT_STATUS:-none}" > ${ends}/%i${unready}'
Restart=always
RestartSec=0.2
`;
}

/** The control group of a unit: systemd makes one slice for all units of a template. */
export function controlGroup(service: string, place: Place): string {
  const prefix = unitTemplate(service).slice(0, -1);
  const slice = `system-${prefix.replaceAll("-", "\\x2d")}.slice`;
  return `/sys/fs/cgroup/system.slice/${slice}/${unitOf(service, place)}`;
}

/** The properties to ask for. */
const stateProperties = "ActiveState,SubState,Job,NRestarts,ActiveExitTimestampMonotonic";

/** The properties of a unit that `unitState`, `endedByItself` and `stopBeganAtMs` read. */
export async function showUnit(
  exec: Exec,
  unit: string,
  options: ExecOptions = {},
): Promise<Readonly<Record<string, string>>> {
  const text = await exec("systemctl", ["show", unit, `--property=${stateProperties}`], options);
  return Object.fromEntries(text.split("\n").map((line) => line.split("=", 2)));
}

/** Longest wait for a start without a stop before it. */
const startMs = 30_000;

export interface SystemdSupervisor extends Supervisor {
  /** Whether this agent requested a stop of the place, and has not started it since. */
  hasRequestedStop(place: Place): boolean;
}

/** systemd as the supervisor. */
export function systemd(service: ServiceFile, exec: Exec, clock: Clock): SystemdSupervisor {
  /** Units with a requested stop, until they are started again. */
  const stopped = new Set<string>();
  const unit = (place: Place) => unitOf(service.service, place);
  /** systemd itself kills the process after `stopTimeoutSeconds`, the first part of this. */
  const stopMs = ({ n }: Place) => (settingsOf(service, n).stopTimeoutSeconds + 30) * 1000;
  const ready = ({ n }: Place) => readyBy(service, n);
  return {
    async start(place) {
      stopped.delete(unit(place));
      if (ready(place) === "file") await removeReadyFile(readyPath(service.service, place));
      // It would wait until the process sends READY=1, longer than a start may take.
      const options = ready(place) === "notify" ? ["--no-block"] : [];
      // systemctl waits for a stop that is under way.
      await exec("systemctl", ["start", ...options, unit(place)], {
        timeoutMs: stopMs(place) + startMs,
      });
      // Beside a process that serves, a start may be slow; in place of one it may not.
      if (settingsOf(service, place.n).strategy === "overlap") {
        await setShare(controlGroup(service.service, place), "small");
      }
    },
    promote: (place) => setShare(controlGroup(service.service, place), "ordinary"),
    async stop(place) {
      stopped.add(unit(place));
      const beganAtMs = clock.monotonicMs();
      // Beside the stop, which need not wait for it: where that is the first, it began just now.
      const beganBefore = stopBeganAtMs(exec, unit(place));
      await exec("systemctl", ["stop", unit(place)], { timeoutMs: stopMs(place) }).catch(
        (error) => {
          stopped.delete(unit(place)); // the process may run on
          throw error;
        },
      );
      const durationMs = clock.monotonicMs() - ((await beganBefore) ?? beganAtMs);
      const { stopTimeoutSeconds } = settingsOf(service, place.n);
      return durationMs >= stopTimeoutSeconds * 1000 ? "killed" : "stopped";
    },
    hasRequestedStop: (place) => stopped.has(unit(place)),
    async state(place) {
      return unitState(await showUnit(exec, unit(place)));
    },
    async listensOn(place, port) {
      const text = await exec("ss", ["-Hltnp", `sport = :${port}`]);
      const pids = [...text.matchAll(/pid=(\d+)/g)].map((match) => match[1]);
      const groups = await Promise.all(pids.map((pid) => readCgroup(pid as string)));
      return groups.length > 0 && groups.every((group) => group.includes(`/${unit(place)}`));
    },
    async notReady(place) {
      if (ready(place) === "file") {
        return access(readyPath(service.service, place)).then(
          () => undefined,
          () => "it has not made the file that READY_FILE names",
        );
      }
      if (ready(place) !== "notify") return undefined;
      const { status } = unitState(await showUnit(exec, unit(place)));
      return status === "running" ? undefined : "it has not sent READY=1 to systemd";
    },
    async isEnding() {
      const text = await exec("systemctl", ["show", "--property=SystemState"]);
      return text.trim() === "SystemState=stopping";
    },
  };
}

/**
 * When the stop of a unit began, on the clock of `monotonicMs`, where it is under way: an agent
 * before this one may have begun it. systemd forgets the result of a stopped unit (`CollectMode`).
 */
async function stopBeganAtMs(exec: Exec, unit: string): Promise<number | undefined> {
  const properties = await showUnit(exec, unit).catch(() => undefined);
  if (properties?.ActiveState !== "deactivating") return undefined;
  return Number(properties.ActiveExitTimestampMonotonic) / 1000;
}

/** Translates the properties of `systemctl show`. */
export function unitState(properties: Readonly<Record<string, string>>): UnitState {
  const { SubState = "", NRestarts = "0" } = properties;
  return {
    status: unitStatus(properties),
    // systemd counts a restart only when it makes it; until then SubState says that one is due.
    restarts: Number(NRestarts) + (/^(stop|final|auto-restart)/.test(SubState) ? 1 : 0),
  };
}

/**
 * Whether the last run of a unit ended without a requested stop: systemd is about to start it again
 * without a job, or has done so. A requested start resets the count of restarts.
 */
export function endedByItself(properties: Readonly<Record<string, string>>): boolean {
  const { ActiveState = "" } = properties;
  if (ActiveState === "deactivating") return !hasJob(properties);
  return /^(activ|reload)/.test(ActiveState) && unitState(properties).restarts > 0;
}

function unitStatus(properties: Readonly<Record<string, string>>): UnitStatus {
  const { ActiveState = "" } = properties;
  if (ActiveState === "deactivating") return "stopping";
  if (ActiveState === "activating") return "starting";
  // A job of a running unit can only be its stop or restart; of another one, only its start.
  if (ActiveState === "active" || ActiveState === "reloading")
    return hasJob(properties) ? "stopping" : "running";
  return hasJob(properties) ? "starting" : "stopped";
}

const readCgroup = (pid: string) => readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "");
