import { leaseSeconds } from "../../protocol/lease.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { leaseUnitName, unitName } from "../../protocol/units.ts";
import type { Exec } from "./exec.ts";

/**
 * Units that kill the process of a singleton when nobody restarts their timer in time. systemd keeps
 * the time, so an agent that is dead or hangs cannot let the process run on. The stop comes first:
 * a process that is only killed would be started again.
 */
export function leaseUnits({ service }: ServiceFile, n: number): (readonly [string, string])[] {
  const name = leaseUnitName(service, n);
  const units = (["a", "b"] as const).map((side) => `${unitName(service, { n, side })}.service`);
  return [
    [
      `${name}.timer`,
      `# Written by the Shoestring agent
[Unit]
Description=${service}, the lease of process ${n}

[Timer]
OnActiveSec=${leaseSeconds}
AccuracySec=100ms
`,
    ],
    [
      `${name}.service`,
      `# Written by the Shoestring agent
[Unit]
Description=${service}, the end of the lease of process ${n}

[Service]
Type=oneshot
ExecStart=systemctl stop --no-block ${units.join(" ")}
ExecStart=-systemctl kill --signal=KILL ${units.join(" ")}
`,
    ],
  ];
}

/** The timers of a service's singletons. */
export const deadMansTimer = (service: string, exec: Exec) => ({
  arm: async (n: number) => {
    await exec("systemctl", ["restart", `${leaseUnitName(service, n)}.timer`]);
  },
  disarm: async (n: number) => {
    await exec("systemctl", ["stop", `${leaseUnitName(service, n)}.timer`]);
  },
});
