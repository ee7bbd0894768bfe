import type { ServiceFile } from "../../protocol/service-file.ts";
import type { ServiceSpec } from "../spec/cluster.ts";

/** The folders of static files, each with what is known of its files. */
export function staticOf({ static: folders }: ServiceSpec): Pick<ServiceFile, "static"> {
  if (folders === undefined) return {};
  const entries = Object.entries(folders).map(([path, entry]) => {
    const { folder, hashed = false } = typeof entry === "string" ? { folder: entry } : entry;
    return [path, { folder, ...(hashed ? { hashed: true as const } : {}) }] as const;
  });
  return { static: Object.fromEntries(entries) };
}
