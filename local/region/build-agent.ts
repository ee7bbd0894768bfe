import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { checkout, type Region } from "./region.ts";

/**
 * Bundles the agent into two files that need nothing but node: `agent.js`, and `aws.js` for its
 * children that need the AWS SDK.
 *
 * @returns the folder of both, `build/agent` in the region.
 * @throws esbuild's error where the agent does not compile.
 */
export async function buildAgent(region: Region): Promise<string> {
  const outdir = region.path("build", "agent");
  mkdirSync(outdir, { recursive: true });
  await build({
    entryPoints: {
      agent: join(checkout, "agent", "main.ts"),
      aws: join(checkout, "agent", "aws-main.ts"),
    },
    outdir,
    bundle: true,
    platform: "node",
    target: "node24",
    // CommonJS: the AWS SDK requires node's own modules in ways that an ESM bundle refuses.
    format: "cjs",
    logLevel: "silent",
    // The bundles are a layer of the image: same sources must give the same bytes.
    absWorkingDir: checkout,
    legalComments: "none",
  });
  return outdir;
}
