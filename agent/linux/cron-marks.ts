import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "../../lib/problem.ts";
import type { Clock, CronMarks, Log } from "../core/effects.ts";
import { cronFolder } from "./folders.ts";
import { watchFolder } from "./watch-folder.ts";

/** Reads the files by which timers say that the time of a scheduled command has come (cron-units.ts). */
export function cronMarks(
  service: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  folder = cronFolder(service),
): CronMarks {
  const failed = (error: unknown) => log("cron.unread", { service, error: describe(error) });
  return {
    watch(take) {
      const busy = new Set<string>();
      const takeAll = async (name: string) => {
        for (;;) {
          const text = await readMark(folder, name);
          if (text === undefined) return;
          await take(name, new Date(Number(text)));
          // Another time may have come meanwhile.
          if ((await readMark(folder, name)) === text) await rm(join(folder, name));
        }
      };
      const look = async () => {
        const names = (await readdir(folder)).filter((name) => !name.includes("."));
        for (const name of names.filter((it) => !busy.has(it))) {
          busy.add(name);
          void takeAll(name)
            .catch(failed)
            .finally(() => busy.delete(name));
        }
      };
      void watchFolder(folder, look, { clock, unread: failed });
    },
  };
}

/** The milliseconds that a mark says; undefined where there is none. */
async function readMark(folder: string, name: string): Promise<string | undefined> {
  const text = await readFile(join(folder, name), "utf8").catch((error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  });
  return /^\d+(?=\n$)/.exec(text)?.[0];
}
