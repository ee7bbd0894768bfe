import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { bundleProgram } from "../../synth/bundle.mjs";

export const checkout = fileURLToPath(new URL("../..", import.meta.url));
const packages = join(checkout, "node_modules");

/**
 * Bundles `main.ts` with everything that it imports, packages too, into one file.
 *
 * @param cdktf folder of the package that replaces cdktf, for the providers' packages as well
 */
export async function bundleMain(file: string, cdktf = join(packages, "cdktf")): Promise<void> {
  await bundleProgram(join(checkout, "synth/main.ts"), {
    outfile: file,
    // CommonJS code in the bundle requires node's modules.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    // Two copies of constructs would not recognise each other's objects.
    alias: { cdktf, constructs: join(packages, "constructs") },
    plugins: [esbuildLeftOut],
  });
}

/** Leaves esbuild out, because it starts a program that it looks for beside itself. */
const esbuildLeftOut: Plugin = {
  name: "esbuild-left-out",
  setup({ onResolve }) {
    onResolve({ filter: /^esbuild$/ }, () => ({
      path: fileURLToPath(import.meta.resolve("esbuild")),
      external: true,
    }));
  },
};
