import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { agentBuild } from "../../agent/build.ts";
import type { Installed } from "./sbom.ts";

const checkout = join(import.meta.dirname, "../..");

/** npm's packages of which something is in the agent's two files. esbuild knows: nothing is written. */
export async function bundledPackages(): Promise<Installed[]> {
  const { metafile } = await build({ ...agentBuild("out"), metafile: true, write: false });
  const folders = Object.keys(metafile.inputs).flatMap(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  );
  return [...new Set(folders)].sort().map((folder) => {
    const { name, version } = JSON.parse(
      readFileSync(join(checkout, folder, "package.json"), "utf8"),
    ) as { readonly name: string; readonly version: string };
    return { kind: "npm", name, version };
  });
}
