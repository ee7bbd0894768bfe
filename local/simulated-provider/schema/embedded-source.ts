import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../../../lib/problem.ts";

const marker = "//# sourceMappingURL=data:application/json;base64,";

/**
 * The TypeScript that a bindings module was compiled from. Its comments say what neither `.js` nor
 * `.d.ts` keep: whether an attribute is computed.
 *
 * @param folder a bindings package's folder.
 * @param module a folder below its `lib`.
 * @returns one text, or several where the module is so long that its structs are files of their own.
 */
export function embeddedSources(folder: string, module: string): string[] {
  const path = join(folder, "lib", module);
  const structs = join(path, "index-structs");
  const parts = existsSync(structs)
    ? readdirSync(structs)
        .filter((name) => /^structs\d+\.js$/.test(name))
        .map((name) => join(structs, name))
    : [];
  return [join(path, "index.js"), ...parts].map(embeddedSource);
}

function embeddedSource(path: string): string {
  const text = readFileSync(path, "utf8");
  const at = text.lastIndexOf(marker);
  if (at < 0) throw unreadable(path, "it carries no inline source map");
  const map = JSON.parse(
    Buffer.from(text.slice(at + marker.length).trim(), "base64").toString("utf8"),
  ) as { sourcesContent?: (string | null)[] };
  const source = map.sourcesContent?.[0];
  if (!source) throw unreadable(path, "its source map does not carry the source");
  return source;
}

/** The error of every step that reads bindings: they are not written as this generator knows them. */
export function unreadable(where: string, why: string): Problem {
  return new Problem({
    happened: `${where} is not written as the schema generator knows bindings: ${why}`,
    unchanged: "no schema was written",
    next: "use the versions of the bindings in package.json, or teach local/simulated-provider/schema the new form",
  });
}
