/**
 * The program that `cdktf` runs: `main.ts`, bundled first. The bundle takes 0.1 s; a loader for
 * TypeScript takes more than 1 s, since it also reads the providers' packages (`bench/synth/`).
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { SourceMap } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundleProgram } from "./bundle.mjs";

const checkout = fileURLToPath(new URL("..", import.meta.url));
const entry = process.argv[2] ?? "synth/main.ts";

// Below the checkout, where node finds its packages; concurrent runs have a file each.
const file = join(checkout, "dist", `synth-${process.pid}.mjs`);
try {
  mkdirSync(join(checkout, "dist"), { recursive: true });
  await bundleProgram(join(checkout, entry), {
    packages: "external",
    outfile: file,
    sourcemap: "linked",
  });
  await import(pathToFileURL(file).href);
} catch (error) {
  if (error instanceof Error) error.stack = sourcePlaces(error.stack ?? "");
  throw error;
} finally {
  rmSync(file, { force: true });
  rmSync(`${file}.map`, { force: true });
}

/** Replaces a stack's places in the bundle by those in the sources. */
function sourcePlaces(stack) {
  const bundle = pathToFileURL(file).href;
  if (!stack.includes(bundle)) return stack;
  const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, "utf8")));
  return stack.replaceAll(new RegExp(`${bundle}:(\\d+):(\\d+)`, "g"), (place, line, column) => {
    const at = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!at.originalSource) return place;
    const source = fileURLToPath(new URL(at.originalSource, bundle));
    return `${source}:${at.originalLine + 1}:${at.originalColumn + 1}`;
  });
}
