import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BlockBuilder } from "./block-builder.ts";
import { embeddedSources, unreadable } from "./embedded-source.ts";
import { type ParsedClass, parseModule } from "./module.ts";
import type { Block, PackageSchema } from "./schema.ts";

/** The declarations of one module of a bindings package. */
export interface Declared {
  readonly kind: "resource" | "data source" | "provider";
  readonly type: string;
  readonly block: Block;
}

const kinds: Readonly<Record<string, Declared["kind"]>> = {
  "cdktf.TerraformResource": "resource",
  "cdktf.TerraformDataSource": "data source",
  "cdktf.TerraformProvider": "provider",
};

/**
 * The schema of one module.
 *
 * @param folder the bindings package's folder.
 * @param module a folder below its `lib`.
 * @throws Problem if the module does not have the form of bindings.
 */
export function generateModule(folder: string, module: string): Declared {
  const where = join(folder, "lib", module);
  const parsed = parseModule(embeddedSources(folder, module), where);
  const main = [...parsed.classes.values()].find(isMain);
  const kind = main && kinds[main.base];
  if (!main?.terraformType || !kind) throw unreadable(where, "no class in it is a resource");
  return { kind, type: main.terraformType, block: new BlockBuilder(parsed).main(main) };
}

function isMain(candidate: ParsedClass): boolean {
  return kinds[candidate.base] !== undefined;
}

/** The schema of a whole bindings package. Takes seconds for the 2,200 modules of AWS. */
export function generatePackage(folder: string): PackageSchema {
  let provider: Block | undefined;
  const resources: Record<string, Block> = {};
  const dataSources: Record<string, Block> = {};
  for (const module of modulesOf(folder)) {
    const declared = generateModule(folder, module);
    if (declared.kind === "provider") provider = declared.block;
    else (declared.kind === "resource" ? resources : dataSources)[declared.type] = declared.block;
  }
  if (!provider) throw unreadable(folder, "no module in it is the provider");
  return { provider, resource_schemas: resources, data_source_schemas: dataSources };
}

function modulesOf(folder: string): string[] {
  return readdirSync(join(folder, "lib"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((name) => declaresType(join(folder, "lib", name, "index.d.ts")))
    .sort();
}

/** Some modules only hold shared structs; the small declarations file shows that quickly. */
function declaresType(path: string): boolean {
  return readFileSync(path, "utf8").includes("static readonly tfResourceType");
}
