import { createHash } from "node:crypto";
import { z } from "zod";

/** Something that an image contains, as packer/list.sh writes it. */
export const Installed = z.object({
  kind: z.enum(["deb", "npm", "pypi", "program"]),
  name: z.string().min(1),
  version: z.string().min(1),
  /** Of a Debian package. */
  architecture: z.string().optional(),
});
export type Installed = z.infer<typeof Installed>;

/** An image, whose contents are listed. */
export interface ImageContents {
  /** Like "instance-arm64". */
  readonly name: string;
  readonly version: string;
  /** When it was listed. */
  readonly at: Date;
  /** Number of the Debian release, like "13". */
  readonly debianVersion: string;
  readonly contents: readonly Installed[];
}

/** Reads a list: a document in each line. @throws zod's error for a line in another form. */
export const parseContents = (text: string): Installed[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Installed.parse(JSON.parse(line)));

/**
 * The bill of materials of an image, as CycloneDX 1.6 says it (https://cyclonedx.org/docs/1.6/json/).
 * The same contents give the same document, but for `at`.
 */
export function billOfMaterials({ name, version, at, debianVersion, contents }: ImageContents) {
  const components = contents
    .map((it) => component(it, debianVersion))
    .sort((a, b) => (a.purl < b.purl ? -1 : 1))
    .filter(({ purl }, i, all) => purl !== all[i - 1]?.purl);
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(`${name} ${version} ${JSON.stringify(components)}`)}`,
    version: 1,
    metadata: {
      timestamp: at.toISOString(),
      component: { type: "operating-system", "bom-ref": "image", name, version },
    },
    components,
  };
}

function component({ kind, name, version, architecture }: Installed, debianVersion: string) {
  const it = `${purlName(name)}@${encodeURIComponent(version)}`;
  const purl = {
    deb: `pkg:deb/debian/${it}?arch=${architecture}&distro=debian-${debianVersion}`,
    npm: `pkg:npm/${it}`,
    pypi: `pkg:pypi/${it.toLowerCase().replaceAll("_", "-")}`,
    program: `pkg:generic/${it}`,
  }[kind];
  const type = kind === "program" ? "application" : "library";
  return { type, "bom-ref": purl, name, version, purl };
}

/** A scope's @ is written as %40, its slash stays. */
const purlName = (name: string) => name.split("/").map(encodeURIComponent).join("/");

/** A UUID of version 8, which RFC 9562 leaves to whoever makes it, from a text. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return [...groups, hex.slice(20, 32)].join("-");
}
