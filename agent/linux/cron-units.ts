import { describe } from "../../lib/problem.ts";
import type { CronEntry } from "../../protocol/cron.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { cronMarkUnitName, cronPlace, cronTimerName, cronUnitName } from "../../protocol/units.ts";
import type { Log } from "../core/effects.ts";
import type { Exec } from "./exec.ts";
import { cronFolder } from "./folders.ts";
import { renderOneShotUnit } from "./one-shot-unit.ts";

/**
 * The units of a service's scheduled commands: what runs the command, a timer, and what the timer
 * starts. The timer does not start the command: the agents agree on who does.
 */
export function cronUnits(service: ServiceFile): (readonly [string, string])[] {
  return Object.entries(service.cron ?? {}).flatMap(([name, entry]) => {
    const { timeoutSeconds } = entry;
    const description = `scheduled command ${name}`;
    const oneShot = { description, place: cronPlace(name), timeoutSeconds };
    return [
      [`${cronUnitName(service.service, name)}.service`, renderOneShotUnit(service, oneShot)],
      [cronTimer(service.service, name), renderTimer(service, name, entry)],
      [`${cronMarkUnitName(service.service, name)}.service`, renderMark(service, name)],
    ] as const;
  });
}

const cronTimer = (service: string, name: string) => `${cronTimerName(service, name)}.timer`;

/**
 * Starts the timers of scheduled commands. `--no-block`: systemd may not have begun with timers when
 * the machine boots. A timer that cannot be started takes nothing along.
 */
export async function startTimers(
  services: readonly ServiceFile[],
  exec: Exec,
  log: Log,
): Promise<void> {
  for (const { service, cron = {} } of services) {
    for (const name of Object.keys(cron)) {
      await exec("systemctl", ["restart", "--no-block", cronTimer(service, name)]).catch((error) =>
        log("timer.failed", { service, name, error: describe(error) }),
      );
    }
  }
}

/** Without `Persistent=`: a time that was missed while the machine was down is not caught up. */
const renderTimer = ({ service, timeZone }: ServiceFile, name: string, { at }: CronEntry) =>
  `# Written by the Shoestring agent from /etc/shoestring/services/${service}.json
[Unit]
Description=${service}, times of ${name}

[Timer]
OnCalendar=${at}${timeZone === undefined ? "" : ` ${timeZone}`}
AccuracySec=100ms
Unit=${cronMarkUnitName(service, name)}.service
`;

/**
 * Nothing of the service is in it, so it runs as root. The rename: the agent reads a whole line.
 * `LogLevelMax`: systemd would write three lines about each time.
 */
const renderMark = ({ service }: ServiceFile, name: string) => {
  const path = `${cronFolder(service)}/${name}`;
  return `# Written by the Shoestring agent from /etc/shoestring/services/${service}.json
[Unit]
Description=${service}, the time of ${name} has come
StartLimitIntervalSec=0

[Service]
Type=oneshot
LogLevelMax=notice
ExecStart=/bin/sh -c 'date +%%s%%3N > ${path}.new && mv ${path}.new ${path}'
`;
};
