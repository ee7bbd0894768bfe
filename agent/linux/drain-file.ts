import { readFile } from "node:fs/promises";
import { Drain, formatDocument, parseDocument } from "../../protocol/documents.ts";
import type { PersistedDrain } from "../core/effects.ts";
import { diskFiles, writeFileSafely } from "./files.ts";
import { drainPath } from "./folders.ts";

/** Persists the last drain. An unreadable file is ignored: Consul has the document. */
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
