import type { machineFacts } from "../../local/load/machine.ts";
import type { FilesResult } from "../files/files.ts";
import type { RolloutWrites, ScaleResult } from "../scale/scale.ts";
import type { RolloutsResult } from "./rollouts.ts";

/** The circumstances of a part's measurement. */
export interface Circumstances {
  /** Begin of the part's run. */
  readonly runAt: string;
  readonly machine: ReturnType<typeof machineFacts>;
  /** The average of the minute before the part began. */
  readonly loadAverageBefore: number;
}

/** `out/bench-peers.json`: the parts that were measured, each with its circumstances. */
export interface Measured {
  readonly rollouts?: Circumstances & RolloutsResult;
  readonly files?: Circumstances & { readonly results: readonly FilesResult[] };
  readonly scale?: Circumstances & ScaleResult & { readonly rollouts: readonly RolloutWrites[] };
}
