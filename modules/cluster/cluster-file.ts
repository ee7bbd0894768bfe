import type { Cluster } from "../spec/cluster.ts";

/** A cluster, and the file in `clusters/` that defines it. */
export interface ClusterFile {
  /** Without folder and extension, like "staging". */
  readonly file: string;
  readonly cluster: Cluster;
}
