import { readFile } from "node:fs/promises";
import { Drain, formatDocument, parseDocument } from "../../protocol/documents.ts";
import type { PersistedDrain } from "../core/effects.ts";
import { diskFiles, writeFileSafely } from "./files.ts";
import { drainPath } from "./folders.ts";

/** The last drain on disk. A file that cannot be read counts as none: Consul has the document. */
export const drainFile = (path = drainPath, files = diskFiles): PersistedDrain => ({
  async read() {
    try {
      return parseDocument(Drain, path, await readFile(path, "utf8"));
    } catch {
      return undefined;
    }
  },
  write: (drain) => writeFileSafely(path, formatDocument(Drain, path, drain), 0o600, files),
});
