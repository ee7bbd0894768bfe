import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writeFileAtomic } from "../host/files.ts";
import { checkout } from "../host/region.ts";

/**
 * Makes something, or reads it from a file if the inputs have not changed since it was made.
 *
 * @param inputs of the work, beside the sources of the modules. Read before and after.
 */
export async function remembered<T>(
  file: string,
  inputs: () => readonly string[],
  make: () => Promise<T>,
): Promise<T> {
  const key = () => hashOf(sources, inputs());
  const before = JSON.parse(readIfThere(file) ?? "{}") as { key?: string; made?: T };
  if (before.key === key() && before.made !== undefined) return before.made;
  const made = await make();
  writeFileAtomic(file, JSON.stringify({ key: key(), made }), 0o600);
  return made;
}

const sources = [
  "modules",
  "lib",
  "protocol",
  "functions",
  "trace",
  "clusters",
  "local/simulated-provider",
];

function hashOf(folders: readonly string[], inputs: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(inputs));
  for (const folder of folders) {
    const names = readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" });
    for (const name of names.filter((it) => /\.(ts|json|go|mjs)$/.test(it)).sort()) {
      hash.update(name).update(readFileSync(join(checkout, folder, name)));
    }
  }
  return hash.update(readFileSync(join(checkout, "package-lock.json"))).digest("hex");
}
