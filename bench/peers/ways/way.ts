import type { Moments } from "../bench-instance.ts";

/** A way to bring new processes of one service into service on one instance. */
export interface Way {
  readonly name: string;
  /** The programs of this way and their settings, with the source. */
  readonly how: string;
  /** The load's target. */
  readonly url: string;
  readonly host: string;
  start(): Promise<void>;
  /** Replaces all processes once. */
  deploy(): Promise<Moments>;
  /** Resident memory of what this way needs beside nginx and the processes, in megabytes, by name. */
  memory(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}
