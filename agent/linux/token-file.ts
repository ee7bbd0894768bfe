import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeptToken } from "../core/token.ts";
import { diskFiles, writeFileSafely } from "./files.ts";
import { stateFolder } from "./folders.ts";

/** The agent's token on the disk, for root alone. */
export const tokenFile = (
  path = join(stateFolder, "consul-token"),
  files = diskFiles,
): KeptToken => ({
  read: () => readFile(path, "utf8").catch(() => undefined),
  write: (token) => writeFileSafely(path, token, 0o600, files),
});
