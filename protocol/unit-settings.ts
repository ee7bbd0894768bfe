import * as z from "zod";

/** Signals that may ask a process to end. SIGKILL would leave no time for what it has in hand. */
export const stopSignals = [
  ...(["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP"] as const),
  ...(["SIGUSR1", "SIGUSR2", "SIGWINCH"] as const),
] as const;

export type StopSignal = (typeof stopSignals)[number];

/** Limits of each process, with those that it starts. An absent one is systemd's. */
const Limits = z.looseObject({
  /** Open files and connections. */
  files: z.number().int().min(64).max(524_288).optional(),
  /** Memory in MiB; the kernel kills what needs more. */
  memoryMib: z.number().int().min(16).optional(),
  /** Processor time in percent of one processor; 150 is one and a half. */
  cpuPercent: z.number().int().min(1).optional(),
  /** Processes and threads. */
  tasks: z.number().int().min(8).optional(),
  /** What follows when the kernel kills a part of a process for want of memory. */
  oomPolicy: z.enum(["stop", "continue"]).optional(),
});

/** Settings of a service's, or a kind's, unit. All are optional; `ServiceSpec` documents each. */
export const unitSettings = {
  stopSignal: z.enum(stopSignals).optional(),
  stopSignalTo: z.enum(["all", "main"]).optional(),
  limits: Limits.optional(),
  /** Its owner keeps all rights: the agent reads what a unit writes as its user. */
  umask: z
    .string()
    .regex(/^0?0[0-7]{2}$/)
    .optional(),
  timeZone: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/)
    .optional(),
};

/** The values of these settings. */
export type UnitSettings = { [K in keyof typeof unitSettings]?: z.infer<(typeof unitSettings)[K]> };
