import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { Problem } from "../../protocol/problem.ts";
import { isAtLeast } from "../prerequisites.ts";
import { cached } from "./cache.ts";

const version = "1.11.4";
/** Older ones know no lock file in S3 (`use_lockfile`). */
const least = [1, 10] as const;
const releases = "https://releases.hashicorp.com/terraform";

/**
 * The terraform of this machine's PATH where it is new enough, else the distributor's, checked
 * against the checksums that are published beside it.
 *
 * @throws Problem where there is none and it cannot be downloaded.
 */
export async function ensureTerraform(log: (line: string) => void = () => {}): Promise<string> {
  const found = await promisify(execFile)("terraform", ["version"]).catch(() => undefined);
  if (found && isAtLeast(found.stdout, least)) return "terraform";
  const machine = process.arch === "arm64" ? "arm64" : "amd64";
  return cached(join("terraform-program", `${version}-${machine}`), async (path) => {
    log(`terraform ${version} is downloaded, once: none of ${least.join(".")} or newer is on PATH`);
    const name = `terraform_${version}_linux_${machine}.zip`;
    const [zip, sums] = await Promise.all([
      download(`${releases}/${version}/${name}`),
      download(`${releases}/${version}/terraform_${version}_SHA256SUMS`),
    ]);
    const wanted = sums.toString().match(new RegExp(`^([0-9a-f]{64})  ${name}$`, "m"))?.[1];
    const sha256 = createHash("sha256").update(zip).digest("hex");
    if (sha256 !== wanted) throw unusable(`its SHA-256 is ${sha256}, not ${wanted}`);
    const program = unzipSync(zip, { filter: (file) => file.name === "terraform" }).terraform;
    if (!program) throw unusable("the archive has no terraform in it");
    writeFileSync(path, program);
    chmodSync(path, 0o755);
  });
}

async function download(url: string): Promise<Buffer> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(300_000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  } catch (cause) {
    throw unusable(`${url} cannot be downloaded`, cause);
  }
}

const unusable = (why: string, cause?: unknown) =>
  new Problem({
    happened: `there is no terraform ${least.join(".")} or newer on PATH, and ${why}`,
    unchanged: "nothing was planned or applied",
    next: "install it: https://developer.hashicorp.com/terraform/install",
    cause,
  });
