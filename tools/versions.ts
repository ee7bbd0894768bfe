import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = fileURLToPath(new URL("../ansible/versions.yml", import.meta.url));

/** The roles' versions and checksums, from their one file. */
export function versions(): Readonly<Record<string, string>> {
  return parseVersions(readFileSync(path, "utf8"));
}

/** Parses the flat `name: "value"` lines of versions.yml. */
export function parseVersions(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => {
      const match = /^([a-z0-9_]+): "?([^"]+)"?$/.exec(line);
      if (!match) throw new Error(`${path}: this line is not of the form name: "value": ${line}`);
      return [match[1] as string, match[2] as string];
    }),
  );
}

/**
 * Where something is downloaded from: its folder on the mirror of versions.yml where there is one.
 *
 * @param folder its folder on a mirror (ansible/README.md).
 * @param distributor its address without a mirror.
 */
export const siteOf = <Address>(
  folder: string,
  distributor: Address,
  { mirror } = versions(),
): Address | string => (mirror === "none" ? distributor : `${mirror}/${folder}`);

/** Whether the first version number in a text is at least the given one. */
export function isAtLeast(text: string, [major, minor]: readonly [number, number]): boolean {
  const match = /(\d+)\.(\d+)/.exec(text);
  if (!match) return false;
  const [foundMajor, foundMinor] = [Number(match[1]), Number(match[2])];
  return foundMajor > major || (foundMajor === major && foundMinor >= minor);
}
