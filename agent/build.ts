import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { type BuildOptions, build } from "esbuild";

/**
 * Bundles the agent into two files that need only node: `agent.js`, and `aws.js` for the child
 * processes that need the AWS SDK. To build an image, run it as a program: `npx tsx agent/build.ts
 * DIR`.
 *
 * @param folder gets both files; it is created if it does not exist.
 * @throws esbuild's error if the agent does not compile.
 */
export async function buildAgent(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await build(agentBuild(folder));
}

/** esbuild's options for both files. */
export const agentBuild = (folder: string): BuildOptions => ({
  entryPoints: {
    agent: join(import.meta.dirname, "main.ts"),
    aws: join(import.meta.dirname, "aws/main.ts"),
  },
  outdir: folder,
  bundle: true,
  platform: "node",
  target: "node24",
  // CommonJS: the AWS SDK requires node's own modules in ways that an ESM bundle refuses.
  format: "cjs",
  logLevel: "silent",
  // The bundles are a layer of the image: the same sources must give the same bytes.
  absWorkingDir: dirname(import.meta.dirname),
  legalComments: "none",
});

if (import.meta.filename === process.argv[1]) {
  const [, , folder] = process.argv;
  if (folder === undefined) {
    console.error("usage: npx tsx agent/build.ts DIR");
    process.exitCode = 2;
  } else {
    await buildAgent(folder);
    console.log(`${folder} has agent.js and aws.js`);
  }
}
