import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, transform } from "esbuild";

const checkout = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/**
 * Bundles a program of the checkout and all of its TypeScript into one file, which plain node runs.
 *
 * @param {string} entry path of the program
 * @param {import("esbuild").BuildOptions} options besides the usual @default packages are left out
 */
export function bundleProgram(entry, options = { packages: "external" }) {
  const { plugins = [], ...rest } = options;
  return build({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    absWorkingDir: checkout,
    logLevel: "silent",
    plugins: [placesKept, ...plugins],
    ...rest,
  });
}

/**
 * A file that reads files beside itself still finds them from the bundle.
 *
 * @type {import("esbuild").Plugin}
 */
const placesKept = {
  name: "places-kept",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/, namespace: "file" }, async ({ path }) => {
      if (path.startsWith(join(checkout, "node_modules"))) return undefined;
      const source = readFileSync(path, "utf8");
      if (!source.includes("import.meta")) return { contents: source, loader: "ts" };
      const { code } = await transform(source, {
        loader: "ts",
        sourcefile: path,
        sourcemap: "inline",
        define: {
          "import.meta.url": JSON.stringify(pathToFileURL(path).href),
          "import.meta.filename": JSON.stringify(path),
          "import.meta.dirname": JSON.stringify(dirname(path)),
        },
      });
      return { contents: code, loader: "js" };
    });
  },
};
