import { apply } from "./apply.ts";
import type { Forbidden } from "./cell.ts";
import { instances } from "./instances.ts";
import { others } from "./others.ts";
import { plan } from "./plan.ts";

/** The access table: what each role is denied. */
export const forbidden: readonly Forbidden[] = [...plan, ...apply, ...instances, ...others];
