import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { siteOf } from "../../tools/versions.ts";

/**
 * The mirror of versions.yml, else the Debian mirror that this machine's apt uses; undefined leaves it to
 * mmdebstrap's default.
 */
export async function debianMirror(): Promise<string | undefined> {
  const mirror = siteOf("debian", undefined);
  if (mirror !== undefined) return mirror;
  try {
    const { stdout } = await promisify(execFile)("apt-get", [
      ...["indextargets", "--format", "$(SITE)"],
      ...["Created-By: Packages", "Origin: Debian"],
    ]);
    return chooseMirror(stdout);
  } catch {
    return undefined;
  }
}

/** The first archive in apt's list that is not only security updates. */
export const chooseMirror = (sites: string): string | undefined =>
  sites.split("\n").find((site) => site !== "" && !site.includes("security"));
