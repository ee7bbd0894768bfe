import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** In the forked process: answers every question with a snapshot. */
export function serve<T>(snapshot: () => T): void {
  process.on("message", () => void process.send?.(snapshot()));
  process.on("disconnect", () => process.exit(0));
}

/** A forked process that answers every question with its current snapshot. */
export interface Forked<T> {
  readonly ask: () => Promise<T>;
  readonly stop: () => void;
}

export function forked<T>(program: URL, options: unknown): Forked<T> {
  const child: ChildProcess = fork(fileURLToPath(program), [JSON.stringify(options)], {
    execArgv: ["--import", fileURLToPath(import.meta.resolve("tsx"))],
  });
  let ended = false;
  child.on("exit", () => {
    ended = true;
  });
  return {
    ask: () =>
      new Promise((resolve, reject) => {
        if (ended) return reject(new Error(`${program} has ended`));
        child.once("message", (value) => resolve(value as T));
        child.send("");
      }),
    stop: () => void child.kill("SIGKILL"),
  };
}
