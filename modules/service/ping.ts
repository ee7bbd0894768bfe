import type { ServiceFile } from "../../protocol/service-file.ts";
import type { ServiceSpec } from "../spec/cluster.ts";

type Ping = ServiceSpec["ping"];

/** The path of a `ping`, however it is written; where it has none, "", which no schema takes. */
export const pathOf = (ping: Ping): string | undefined =>
  typeof ping === "object" && ping !== null ? (ping.path ?? "") : ping;

/** The `ping` that says what probes send, with its field: only one kind has a `ping`. */
export function probePing(spec: ServiceSpec): { readonly field: string; readonly ping: Ping } {
  const kinds = Object.entries(typeof spec.processes === "object" ? spec.processes : {});
  const [name, kind] = kinds.find(([, { ping }]) => ping !== undefined) ?? [];
  if (name === undefined) return { field: "ping", ping: spec.ping };
  return { field: `processes.${name}.ping`, ping: kind?.ping };
}

/** A service's `ping` as its file has it: the path, and what a probe sends besides. */
export function pingOf(spec: ServiceSpec): Partial<Pick<ServiceFile, "ping" | "probe">> {
  const path = pathOf(spec.ping);
  const { ping } = probePing(spec);
  const more = typeof ping === "object" && ping !== null ? withoutPath(ping) : {};
  return {
    ...(spec.ping === undefined ? {} : { ping: path as string }),
    ...(Object.keys(more).length === 0 ? {} : { probe: more }),
  };
}

const withoutPath = ({ path: _, ...more }: Exclude<Ping, string | undefined>) => more;
