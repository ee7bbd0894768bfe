import type { UnitSettings } from "../../protocol/unit-settings.ts";

/** Soft and hard limit. Programs that raise it themselves (node, Go, Java) keep systemd's hard one. */
const usualFiles = "65536:524288";

/** The lines of a unit's section `[Service]` that the service's settings decide. */
export function unitLines(settings: UnitSettings): string[] {
  const { stopSignal = "SIGTERM", stopSignalTo, umask, timeZone, limits = {} } = settings;
  const { files = usualFiles, memoryMib, cpuPercent, tasks, oomPolicy } = limits;
  const lines: Readonly<Record<string, string | number | undefined>> = {
    KillSignal: stopSignal,
    KillMode: stopSignalTo === "main" ? "mixed" : undefined,
    LimitNOFILE: files,
    MemoryMax: memoryMib && `${memoryMib}M`,
    CPUQuota: cpuPercent && `${cpuPercent}%`,
    TasksMax: tasks,
    OOMPolicy: oomPolicy,
    UMask: umask,
    Environment: timeZone && `TZ=${timeZone}`,
  };
  return Object.entries(lines).flatMap(([word, value]) =>
    value === undefined ? [] : [`${word}=${value}`],
  );
}
