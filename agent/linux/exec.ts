import { execFile } from "node:child_process";
import { Problem } from "../../lib/problem.ts";

export interface ExecOptions {
  readonly input?: string;
  /** @default 30 000 ms */
  readonly timeoutMs?: number;
}

/** Runs a program with arguments, never a shell; resolves with what it printed. */
export type Exec = (
  program: string,
  args: readonly string[],
  options?: ExecOptions,
) => Promise<string>;

/** @throws Problem with the program's own words, when it fails or takes too long. */
export const exec: Exec = (program, args, { input, timeoutMs = 30_000 } = {}) =>
  new Promise((resolve, reject) => {
    const options = {
      timeout: timeoutMs,
      maxBuffer: 16 * 1024 * 1024,
      killSignal: "SIGKILL",
    } as const;
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      reject(
        new Problem({
          happened: `${program} ${args.slice(0, 3).join(" ")} failed: ${stderr.trim().split("\n")[0] || error.message}`,
          unchanged: "what ran before goes on",
          next: "journalctl -u shoestring-agent",
          cause: error,
        }),
      );
    });
    // The exit of a program says why it ended before it read everything. Without a listener this
    // error would end the agent.
    child.stdin?.on("error", () => {});
    if (input !== undefined) child.stdin?.end(input);
  });
