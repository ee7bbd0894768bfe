import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { zipSync } from "fflate";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * A fixed time that the zip format can store, so that the same sources give the same bytes and an
 * empty plan.
 */
const always = new Date(2020, 0, 1);

/**
 * Bundles a function into a zip for Lambda: `index.mjs`, and nothing else.
 *
 * @param name folder in `functions/`
 * @param file path of the zip @default `dist/<name>.zip`
 * @throws esbuild's error if the function does not compile.
 */
export async function packageFunction(
  name: string,
  file = join(root, "dist", `${name}.zip`),
): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(root, "functions", name, "handler.ts")],
    bundle: true,
    write: false,
    platform: "node",
    target: "node22",
    format: "esm",
    // The SDK requires node's modules, which needs this in an ES module.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    absWorkingDir: root,
    legalComments: "none",
    logLevel: "silent",
  });
  const [bundle] = outputFiles;
  if (!bundle) throw new Error(`esbuild made nothing of functions/${name}`);
  const zip = zipSync({ "index.mjs": [bundle.contents, { mtime: always, os: 3 }] });
  mkdirSync(dirname(file), { recursive: true });
  // Replaced as a whole: Terraform may be reading it for another stack.
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, zip);
  renameSync(temporary, file);
}
