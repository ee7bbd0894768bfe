import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Changes the stylesheet of a built release, as its next build would have it: it has another hash in
 * its name, and where there is a manifest, that has the name.
 */
export function restyle(release: string, change: string): void {
  const folder = join(release, "public");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const style = files.find((file) => hashed.test(file)) ?? "";
  const [, hash = ""] = hashed.exec(style) ?? [];
  const text = `${readFileSync(join(folder, style), "utf8")}/* ${change} */\n`;
  const next = createHash("sha256").update(text).digest("hex").slice(0, hash.length);
  rmSync(join(folder, style));
  writeFileSync(join(folder, style.replace(hash, next)), text);
  for (const manifest of files.filter((file) => file.endsWith(".json"))) {
    const path = join(folder, manifest);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(hash, next));
  }
}

const hashed = /[-.]([0-9a-f]{12})\.css$/;
