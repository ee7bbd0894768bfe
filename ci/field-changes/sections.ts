import { app, cluster, database } from "./cluster-changes.ts";
import type { Section } from "./field-change.ts";
import { kind, service } from "./service-changes.ts";

/** Changes of every field that a cluster's file may have. */
export const sections: readonly Section[] = [cluster, service, kind, app, database];
