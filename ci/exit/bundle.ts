import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin, transform } from "esbuild";

export const checkout = fileURLToPath(new URL("../..", import.meta.url));
const packages = join(checkout, "node_modules");

/**
 * Bundles `main.ts` with everything it imports into one file.
 *
 * @param cdktf folder of the package that stands in for cdktf, for the providers' packages too
 */
export async function bundleMain(file: string, cdktf = join(packages, "cdktf")): Promise<void> {
  await build({
    entryPoints: [join(checkout, "main.ts")],
    outfile: file,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    // What is CommonJS in the bundle requires node's modules, and two constructs would be strangers.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    alias: { cdktf, constructs: join(packages, "constructs") },
    plugins: [placesKept, esbuildLeftOut],
    absWorkingDir: checkout,
    logLevel: "silent",
  });
}

/** A file that looks beside itself finds there what it found before. */
const placesKept: Plugin = {
  name: "places-kept",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/, namespace: "file" }, async ({ path }) => {
      if (path.startsWith(packages)) return undefined;
      const { code } = await transform(readFileSync(path, "utf8"), {
        loader: "ts",
        define: {
          "import.meta.url": JSON.stringify(pathToFileURL(path).href),
          "import.meta.dirname": JSON.stringify(dirname(path)),
        },
      });
      return { contents: code, loader: "js" };
    });
  },
};

/** esbuild starts a program of its own, which it looks for beside itself. */
const esbuildLeftOut: Plugin = {
  name: "esbuild-left-out",
  setup({ onResolve }) {
    onResolve({ filter: /^esbuild$/ }, () => ({
      path: fileURLToPath(import.meta.resolve("esbuild")),
      external: true,
    }));
  },
};
