import { createHash } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { unzipSync } from "fflate";
import { Problem } from "../lib/problem.ts";
import { siteOf } from "./versions.ts";

/** The distributor's site, or this archive on it, is unreachable. */
export class Unreachable extends Error {}

/** Downloads a URL. @throws Unreachable. */
export type Download = (url: string) => Promise<Buffer>;

/**
 * Writes HashiCorp's own build of a program for this machine to a path, once its archive matches
 * the published checksum.
 *
 * @throws Unreachable; Problem where the archive must not be used.
 */
export async function downloadRelease(
  program: "consul" | "terraform",
  version: string,
  path: string,
  download: Download = downloadByHttp,
  site: string = siteOf(program, `https://releases.hashicorp.com/${program}`),
): Promise<void> {
  const machine = process.arch === "arm64" ? "arm64" : "amd64";
  const folder = `${site}/${version}`;
  const archive = `${program}_${version}_linux_${machine}.zip`;
  const refused = (why: string) =>
    new Problem({
      happened: `${folder}/${archive} cannot be used: ${why}`,
      unchanged: "nothing of it was kept",
      next: `try again; or install ${program} ${version} and put it on PATH`,
    });
  // The small file first: an unreachable site is noticed soon.
  const sums = (await download(`${folder}/${program}_${version}_SHA256SUMS`)).toString();
  const zip = await download(`${folder}/${archive}`);
  const wanted = sums.match(new RegExp(`^([0-9a-f]{64}) +${archive}$`, "m"))?.[1];
  const sha256 = createHash("sha256").update(zip).digest("hex");
  if (wanted === undefined) throw refused("its SHA-256 is not published");
  if (sha256 !== wanted) throw refused(`its SHA-256 is ${sha256}, not ${wanted}`);
  const contents = unzipSync(zip, { filter: (file) => file.name === program })[program];
  if (!contents) throw refused(`there is no ${program} in it`);
  writeFileSync(path, contents);
  chmodSync(path, 0o755);
}

const timeoutMs = 120_000;

const downloadByHttp: Download = async (url) => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  } catch (cause) {
    throw new Unreachable(`${url} cannot be downloaded: ${String(cause)}`, { cause });
  }
};
