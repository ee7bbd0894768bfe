import { readFile } from "node:fs/promises";
import { parseJson } from "../../lib/json.ts";
import { Problem } from "../../lib/problem.ts";
import { emptyState, ServiceState, type StateFile } from "../core/state.ts";
import { diskFiles, writeFileSafely } from "./files.ts";

/** The state of one service, in `/var/lib/shoestring/<service>.json`. */
export function stateFile(path: string, files = diskFiles): StateFile {
  return {
    async read() {
      let text: string;
      try {
        text = await readFile(path, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return emptyState;
        throw error;
      }
      try {
        return ServiceState.parse(parseJson(text));
      } catch (cause) {
        throw new Problem({
          happened: `the state file ${path} cannot be used`,
          unchanged:
            "its processes that run go on, and so do other services; nothing of it is deployed here",
          next: `look at ${path}; an instance that is replaced starts with a new one`,
          cause,
        });
      }
    },
    write: (state) => writeFileSafely(path, `${JSON.stringify(state)}\n`, 0o600, files),
  };
}
