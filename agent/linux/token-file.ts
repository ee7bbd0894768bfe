import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeptToken } from "../core/token.ts";
import { diskFiles, writeFileSafely } from "./files.ts";
import { stateFolder } from "./folders.ts";

/** Persists the agent's token on disk, readable by root alone. */
export const tokenFile = (
  path = join(stateFolder, "consul-token"),
  files = diskFiles,
): KeptToken => ({
  read: () => readFile(path, "utf8").catch(() => undefined),
  write: (token) => writeFileSafely(path, token, 0o600, files),
});
