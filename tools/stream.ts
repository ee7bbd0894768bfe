import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Problem } from "../lib/problem.ts";

export interface StreamOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Receives every line of both outputs. */
  readonly onLine?: (line: string) => void;
  /** Called every few seconds while it runs, with the seconds so far. @default nothing */
  readonly stillRunning?: (seconds: number) => void;
  /** The next step for a person when it fails. */
  readonly next: string;
}

const sayEveryMs = 4000;
/** The number of last lines in the error. */
const keptLines = 15;

/** Runs a long program and shows its progress. @throws Problem with its last lines. */
export async function stream(
  program: string,
  args: readonly string[],
  options: StreamOptions,
): Promise<void> {
  const { cwd, env = {}, onLine, stillRunning, next } = options;
  const from = Date.now();
  const last: string[] = [];
  const child = spawn(program, [...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", (line) => {
      last.push(line);
      if (last.length > keptLines) last.shift();
      onLine?.(line);
    });
  }
  const timer = setInterval(
    () => stillRunning?.(Math.round((Date.now() - from) / 1000)),
    sayEveryMs,
  );
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    if (code === 0) return;
    throw new Problem({
      happened: `${program} ${args[0] ?? ""} ended with ${code ?? "a signal"}:\n${last.join("\n")}`,
      unchanged: "nothing was put in its place",
      next,
    });
  } finally {
    clearInterval(timer);
  }
}
