import type { Moments } from "../bench-instance.ts";

/** A way to bring new processes of one service into service on one instance. */
export interface Way {
  readonly name: string;
  /** What runs where, and how it was set, with its source. */
  readonly how: string;
  /** Where the load goes. */
  readonly url: string;
  readonly host: string;
  start(): Promise<void>;
  /** Replaces all processes once. */
  deploy(): Promise<Moments>;
  /** Resident memory of what this way needs beside nginx and the processes, in megabytes, by name. */
  memory(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}
