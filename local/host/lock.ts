import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { Problem } from "../../lib/problem.ts";
import { readIfThere } from "./files.ts";
import { startTime } from "./processes.ts";
import type { Region } from "./region.ts";

/**
 * Does something while no other `up` or `down` works on the region.
 *
 * @throws Problem where another one does. The lock of a killed holder is ignored.
 */
export async function withRegionLock<T>(region: Region, work: () => Promise<T>): Promise<T> {
  mkdirSync(region.directory, { recursive: true });
  const path = region.path("lock");
  const mine = `${process.pid} ${startTime(process.pid)}\n`;
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const [pid = "", started] = (readIfThere(path) ?? "").trim().split(" ");
      if (startTime(Number(pid)) === started && started !== undefined) {
        throw new Problem({
          happened: `process ${pid} is just bringing this region up or down`,
          unchanged: "nothing was done",
          next: "wait until it is through, then try again",
        });
      }
      rmSync(path, { force: true });
    }
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
