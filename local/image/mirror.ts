import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The Debian mirror that this machine's apt uses; undefined leaves it to mmdebstrap's default. */
export async function hostMirror(): Promise<string | undefined> {
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
