import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureProcess } from "../host/processes.ts";
import { checkout, type Region } from "../host/region.ts";
import { awsEnvironment } from "./aws.ts";
import { consulUrl } from "./consul.ts";
import { namesOf, type RegionState } from "./state.ts";

export const announceName = "announce";

/** Starts the queue runner with the announce function, as Lambda would with its environment. */
export async function startAnnounce(
  region: Region,
  state: RegionState,
  queueUrl: string,
): Promise<void> {
  await ensureProcess(region, {
    name: announceName,
    command: [
      process.execPath,
      "--import",
      fileURLToPath(import.meta.resolve("tsx")),
      join(checkout, "local", "lambda-emulator", "main.ts"),
    ],
    cwd: checkout,
    env: {
      ...awsEnvironment(state),
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      ANNOUNCE_QUEUE_URL: queueUrl,
      CLUSTER: state.cluster,
      CONSUL_URL: consulUrl(state),
      // A reference, as on AWS: the function reads it with its own role.
      CONSUL_TOKEN: `ssm:${state.blueprint.announceTokenParameter}`,
      ...traceOf(state),
    },
    fingerprint: sourcesHash(["functions", "lib", "protocol", "trace", "local/lambda-emulator"]),
  });
}

/** Replaces the VPC's names with addresses, because this machine has no DNS server of the VPC. */
function traceOf(state: RegionState): { TRACE?: string } {
  const { announceTrace } = state.blueprint;
  if (announceTrace === undefined) return {};
  const names = Object.entries(namesOf(state));
  const TRACE = names.reduce(
    (text, [name, [at]]) => text.replaceAll(`//${name}`, `//${at}`),
    announceTrace,
  );
  return { TRACE };
}

/** A hash of every source that the runner loads, so that `up` runs the checkout's current code. */
function sourcesHash(folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders) {
    const path = join(checkout, folder);
    const files = readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
    for (const file of files.filter((name) => name.endsWith(".ts"))) {
      hash.update(file).update(readFileSync(join(path, file)));
    }
  }
  return hash.digest("hex");
}
