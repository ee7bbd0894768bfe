import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Window } from "./records.ts";

export interface LoadOptions {
  /** The load balancer's URL, with a loopback address. */
  readonly url: string;
  /** The service's host name. */
  readonly host: string;
  /** Keep-alive connections. @default 64 */
  readonly clients?: number;
  /** Constant, however long the answers take. @default 300 */
  readonly requestsPerSecond?: number;
  /** The load ends by itself after this many seconds. @default 600 */
  readonly maxSeconds?: number;
  /** And after this many requests. @default 500 000 */
  readonly maxRequests?: number;
}

/** Counts so far; `late` as in a window. */
export interface Snapshot {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly late: number;
}

/** A load that runs. */
export interface Load {
  snapshot(): Promise<Snapshot>;
  /** Requests that were begun between two moments of the wall clock (`Date.now()`). */
  window(from: number, to: number): Promise<Window>;
  /** Stops sending, waits for every answer, and returns what the whole load saw. */
  stop(): Promise<Window>;
}

export type WorkerQuestion =
  | { readonly id: number; readonly ask: "snapshot" | "stop" }
  | { readonly id: number; readonly ask: "window"; readonly from: number; readonly to: number };
export interface WorkerAnswer {
  readonly id: number;
  readonly value: Window | Snapshot;
}

/** Starts a constant load of POSTs with bodies and GETs, in a process of its own. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const defaults = { clients: 64, requestsPerSecond: 300, maxSeconds: 600, maxRequests: 500_000 };
  const worker = fork(
    fileURLToPath(new URL("./worker.ts", import.meta.url)),
    [JSON.stringify({ ...defaults, ...options })],
    { execArgv: ["--import", fileURLToPath(import.meta.resolve("tsx"))] },
  );
  type Waiting = { resolve: (value: never) => void; reject: (error: Error) => void };
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let died: Error | undefined;
  worker.on("message", ({ id, value }: WorkerAnswer) => {
    waiting.get(id)?.resolve(value as never);
    waiting.delete(id);
  });
  // A question may cross the end of the load: "exit" rejects it.
  worker.on("error", () => {});
  worker.on("exit", (code) => {
    died = new Error(`the load generator ended with ${code}`);
    for (const { reject } of waiting.values()) reject(died);
  });
  const ask = <T>(question: Omit<WorkerQuestion, "id"> & object) =>
    new Promise<T>((resolve, reject) => {
      if (died || !worker.connected) return reject(died ?? new Error("the load is over"));
      last += 1;
      waiting.set(last, { resolve: resolve as never, reject });
      worker.send({ ...question, id: last });
    });
  await ask({ ask: "snapshot" });
  return {
    snapshot: () => ask({ ask: "snapshot" }),
    window: (from, to) => ask({ ask: "window", from, to } as never),
    stop: () => ask({ ask: "stop" }),
  };
}
