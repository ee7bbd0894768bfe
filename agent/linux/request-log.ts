import { open, rm, writeFile } from "node:fs/promises";
import type { RequestLog, Try } from "../core/effects.ts";
import { requestLogPath, watchedPath } from "./folders.ts";

/** Largest size of the log, which is in memory. */
const largestBytes = 1024 ** 2;

/**
 * nginx writes a line for each request while a file exists (nginx/service-site.ts). The agent's unit removes the
 * file when the agent ends, so that no log grows unread.
 */
export function nginxRequestLog(
  service: string,
  paths = { log: requestLogPath(service), flag: watchedPath(service) },
): RequestLog {
  let offset = 0;
  let rest = "";
  return {
    async start() {
      const file = await open(paths.log, "r");
      offset = (await file.stat().finally(() => file.close())).size;
      rest = "";
      await writeFile(paths.flag, "", { mode: 0o644 });
    },
    stop: () => rm(paths.flag, { force: true }),
    async read() {
      const file = await open(paths.log, "r+");
      try {
        const { size } = await file.stat();
        if (size < offset) offset = 0;
        const length = Math.min(size - offset, largestBytes);
        const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
        offset += length;
        if (offset >= largestBytes) {
          await file.truncate(0);
          offset = 0;
        }
        const lines = (rest + buffer.toString("utf8")).split("\n");
        rest = lines.pop() ?? "";
        return lines.flatMap(readTries);
      } finally {
        await file.close();
      }
    },
  };
}

/** The tries of one request: nginx takes the next process where one does not answer. */
export function readTries(line: string): Try[] {
  const [, end, seconds, addresses, statuses] =
    /^([\d.]+) ([\d.]+) \d+ "([^"]*)" "([^"]*)"$/.exec(line) ?? [];
  if (!end || !seconds || addresses === undefined || statuses === undefined) return [];
  const beganAtMs = (Number(end) - Number(seconds)) * 1000;
  const status = statuses.split(/, | : /);
  return addresses.split(/, | : /).flatMap((address, i) => {
    const port = /:(\d+)$/.exec(address)?.[1];
    if (port === undefined) return []; // it reached no process
    return [{ front: Number(port), beganAtMs, isBad: Number(status[i]) >= 500 }];
  });
}
