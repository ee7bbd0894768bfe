import { readFile } from "node:fs/promises";
import { Drain, formatDocument, parseDocument } from "../../protocol/documents.ts";
import type { KeptDrain } from "../instance/obey-drain.ts";
import { writeFileSafely } from "./files.ts";
import { drainPath } from "./folders.ts";

/** The last drain on disk. A file that cannot be read counts as none: Consul has the document. */
export const drainFile: KeptDrain = {
  async read() {
    try {
      return parseDocument(Drain, drainPath, await readFile(drainPath, "utf8"));
    } catch {
      return undefined;
    }
  },
  write: (drain) => writeFileSafely(drainPath, formatDocument(Drain, drainPath, drain), 0o600),
};
