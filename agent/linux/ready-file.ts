import { rm } from "node:fs/promises";

/** Forgets that a process said it is ready. The service owns the folder: a folder may be there. */
export const removeReadyFile = (path: string): Promise<void> =>
  rm(path, { force: true, recursive: true });
