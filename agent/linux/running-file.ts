import { rm, writeFile } from "node:fs/promises";
import { runningPath } from "./folders.ts";

/** Makes or removes the file by which nginx answers the health check of a service without HTTP. */
export const runningFile = (service: string) => (isRunning: boolean) =>
  isRunning
    ? writeFile(runningPath(service), "", { mode: 0o644 })
    : rm(runningPath(service), { force: true });
