import type { ProcessKind } from "../../protocol/process-kind.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Fault } from "../shared/fault.ts";
import type { ServiceSpec } from "../spec/cluster.ts";
import { httpFaults } from "./http-faults.ts";
import { pathOf } from "./ping.ts";
import { shutdownTimes, writtenTwice } from "./shutdown-times.ts";

/** The fields of a service's file that say which processes it has. */
interface Processes {
  readonly processes?: number;
  readonly kinds?: Readonly<Record<string, ProcessKind>>;
  readonly command?: readonly string[];
  readonly http?: "internal" | "none";
}

/** Translates a cluster file's `processes`, `command` and `http`; what is not written stays absent. */
export function processesOf(spec: ServiceSpec): Processes {
  const { processes, command, http } = spec;
  const given = {
    ...(command === undefined ? {} : { command }),
    ...(http === undefined || http === "public" ? {} : { http }),
  };
  if (processes === undefined) return given;
  if (typeof processes === "number") return { ...given, processes };
  const kinds = Object.values(processes);
  const first = kinds.find((kind) => kind.command !== undefined)?.command;
  return {
    ...(first === undefined ? {} : { command: first }),
    ...given,
    processes: kinds.reduce((sum, { count }) => sum + count, 0),
    kinds: Object.fromEntries(
      Object.entries(processes).map(([name, { shutdownTimeoutSeconds: _, ...kind }]) => [
        name,
        {
          ...kind,
          ...(kind.ping === undefined ? {} : { ping: pathOf(kind.ping) }),
          ...shutdownTimes(processes[name] ?? {}),
          // Two sides of it must not run at once, either.
          ...(kind.singleton ? { strategy: "in-place" } : {}),
        } as ProcessKind,
      ]),
    ),
  };
}

/** Contradictions between the processes of a service and what it says about requests. */
export function processFaults(file: ServiceFile, spec: ServiceSpec): Fault[] {
  return [...httpFaults(file, spec), ...kindFaults(file, spec)];
}

function kindFaults(file: ServiceFile, spec: ServiceSpec): Fault[] {
  const [, second] = Object.entries(file.kinds ?? {}).filter(([, { ping }]) => ping !== undefined);
  const twice = second && [
    {
      field: `processes.${second[0]}.ping`,
      value: second[1].ping,
      good: "left out: one kind answers the requests; another one needs a service of its own",
    },
  ];
  return [...(twice ?? []), ...twiceFaults(spec), ...eachKindFaults(file, spec)];
}

const twiceFaults = ({ processes }: ServiceSpec): Fault[] =>
  Object.entries(typeof processes === "object" ? processes : {}).flatMap(([name, kind]) =>
    writtenTwice(kind).map((field) => ({
      field: `processes.${name}.${field}`,
      value: kind[field as keyof typeof kind],
      good: "left out beside shutdownTimeoutSeconds, from which it follows",
    })),
  );

function eachKindFaults(file: ServiceFile, spec: ServiceSpec): Fault[] {
  return Object.entries(file.kinds ?? {}).flatMap(([name, kind]) => {
    const { count, command, ping, ready, singleton } = kind;
    const written = typeof spec.processes === "object" ? spec.processes[name] : undefined;
    const faults: Fault[] = [];
    for (const field of ["healthyCount", "drainTimeoutSeconds"] as const) {
      if (ping !== undefined || written?.[field] === undefined) continue;
      const good = "left out: without a ping the kind answers no requests";
      faults.push({ field: `processes.${name}.${field}`, value: written[field], good });
    }
    if (singleton && written?.strategy === "overlap") {
      const good = "left out: a singleton rolls in place, as two of it must not run at once";
      faults.push({ field: `processes.${name}.strategy`, value: written.strategy, good });
    }
    if (command === undefined && spec.command === undefined) {
      const good = '["bin/worker"], or a command of the service for all kinds';
      faults.push({ field: `processes.${name}.command`, value: command, good });
    }
    if (singleton && ping !== undefined) {
      const good = "left out where there is a ping: a request may reach any instance";
      faults.push({ field: `processes.${name}.singleton`, value: singleton, good });
    }
    if (singleton && count !== 1) {
      faults.push({ field: `processes.${name}.count`, value: count, good: "1 for a singleton" });
    }
    if (ping !== undefined && ready !== undefined) {
      const good = "left out where there is a ping";
      faults.push({ field: `processes.${name}.ready`, value: ready, good });
    }
    return faults;
  });
}
