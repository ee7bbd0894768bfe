export type { AccountSpec, Cluster, ServiceSpec } from "../spec/cluster.ts";
export { addStacks, type Everything, keepIn, type State } from "./add-stacks.ts";
export type { ClusterFile } from "./cluster-file.ts";
