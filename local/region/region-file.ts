import { readFileSync } from "node:fs";
import { Problem } from "../../lib/problem.ts";
import { formatDocument, parseDocument, schemaVersion } from "../../protocol/documents.ts";
import { RegionFile } from "../../protocol/region-file.ts";
import { writeFileAtomic } from "../host/files.ts";
import { type Region, regionAt } from "../host/region.ts";
import { awsEndpoint } from "./aws.ts";
import { consulUrl } from "./consul.ts";
import type { DesiredInstance } from "./desired.ts";
import { tokenOf } from "./grants.ts";
import type { RegionState } from "./state.ts";

const pathOf = (region: Region) => region.path("region.json");

/**
 * Reads the addresses of a running region.
 *
 * @param region @default the one of `SHOESTRING_REGION`, else of this checkout
 * @throws Problem where none is up.
 */
export function readRegionFile(region: Region = regionAt()): RegionFile {
  const path = pathOf(region);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Problem({
      happened: `no local region is up in ${region.directory}`,
      unchanged: "nothing was done",
      next: "bring it up with: shoestring local up",
      cause,
    });
  }
  return parseDocument(RegionFile, path, text);
}

export function writeRegionFile(
  region: Region,
  state: RegionState,
  desired: readonly DesiredInstance[],
): RegionFile {
  const file: RegionFile = {
    schema: schemaVersion,
    cluster: state.cluster,
    url: `http://${region.names.loopback}:${state.loadBalancerPort}`,
    consulUrl: consulUrl(state),
    operatorToken: tokenOf(state, "operator"),
    awsEndpoint: awsEndpoint(state),
    artifactsBucket: state.blueprint.artifactsBucket,
    instances: desired.map(({ name, group }) => ({
      name,
      service: group.service,
      address: state.addresses[name] as string,
    })),
  };
  const path = pathOf(region);
  writeFileAtomic(path, formatDocument(RegionFile, path, file), 0o600);
  return file;
}
