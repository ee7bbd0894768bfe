import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { unreadable } from "./embedded-source.ts";

/** A package of typed bindings, and the provider that it was generated from. */
export interface Bindings {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** As the registry writes it: registry.terraform.io/hashicorp/aws */
  readonly provider: string;
  readonly providerVersion: string;
}

/** The bindings that are installed under a package name such as "@cdktf/provider-aws". */
export function installedBindings(packageName: string): Bindings {
  const path = fileURLToPath(import.meta.resolve(`${packageName}/package.json`));
  const json = JSON.parse(readFileSync(path, "utf8")) as {
    version: string;
    cdktf?: { provider?: { name?: string; version?: string } };
  };
  const { name, version } = json.cdktf?.provider ?? {};
  if (!name || !version) throw unreadable(path, "it does not name its provider");
  return {
    folder: dirname(path),
    name: packageName,
    version: json.version,
    provider: name,
    providerVersion: version,
  };
}
