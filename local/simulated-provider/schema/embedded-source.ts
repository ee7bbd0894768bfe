import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../../../lib/problem.ts";

const marker = "//# sourceMappingURL=data:application/json;base64,";

/**
 * The TypeScript that a bindings module was compiled from. Its comments say whether an attribute is
 * computed, which neither `.js` nor `.d.ts` keep.
 *
 * @param folder a bindings package's folder.
 * @param module a folder below its `lib`.
 * @returns one text, or several if the structs of a long module are in files of their own.
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

/** The error of all steps that read bindings, for a form that this generator does not know. */
export function unreadable(where: string, why: string): Problem {
  return new Problem({
    happened: `${where} is not written as the schema generator knows bindings: ${why}`,
    unchanged: "no schema was written",
    next: "use the versions of the bindings in package.json, or teach local/simulated-provider/schema the new form",
  });
}
