import { open, rm } from "node:fs/promises";
import type { HealthCheck } from "../effects.ts";
import { outPath } from "./folders.ts";

/** The health check fails while a reason has a file: nginx looks for it at each check (nginx.ts). */
export const fileHealthCheck: HealthCheck = {
  async fail(reason) {
    // Appending nothing makes the file, or leaves the time of the one that is there.
    const file = await open(outPath(reason), "a", 0o644);
    try {
      return (await file.stat()).mtime;
    } finally {
      await file.close();
    }
  },
  pass: (reason) => rm(outPath(reason), { force: true }),
};
