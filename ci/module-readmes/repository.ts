import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const checkout = fileURLToPath(new URL("../..", import.meta.url));

const config = ts.readConfigFile(join(checkout, "tsconfig.json"), ts.sys.readFile).config;

/** The project's own options, from tsconfig.json. */
export const compilerOptions: ts.CompilerOptions = ts.convertCompilerOptionsFromJson(
  config.compilerOptions,
  checkout,
).options;

/** Absolute paths of the repository's pages, without those of packages and of hidden folders. */
export const pages = () => ts.sys.readDirectory(checkout, [".md"], config.exclude, ["**/*"]);

/** A folder of `modules/`. */
export interface Module {
  readonly name: string;
  readonly index: string;
  readonly hasIndex: boolean;
  readonly readme: string;
  /** The README's text; empty where there is none. */
  readonly page: string;
  /** Whether a file, apart from tests, imports an AWS resource. A provider is not one. */
  readonly hasResources: boolean;
}

export function modules(): Module[] {
  const folder = join(checkout, "modules");
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const path = (file: string) => join(folder, name, file);
      const sources = readdirSync(join(folder, name)).filter((it) => /(?<!\.test)\.ts$/.test(it));
      const readme = path("README.md");
      return {
        name,
        index: path("index.ts"),
        hasIndex: sources.includes("index.ts"),
        readme,
        page: existsSync(readme) ? readFileSync(readme, "utf8") : "",
        hasResources: sources.some((it) =>
          /"@cdktf\/provider-aws\/lib\/(?!provider\/)/.test(readFileSync(path(it), "utf8")),
        ),
      };
    });
}
