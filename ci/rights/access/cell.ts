import type { Context } from "../policy/conditions.ts";
import type { RoleKind } from "../scope.ts";

/** What a role may not do, and why that matters. */
export interface Forbidden {
  readonly kind: RoleKind;
  readonly actions: readonly string[];
  /** ARN with the words of `Scope` in braces, or `*`. */
  readonly on: string;
  /** What conditions look at, beside the region. @default nothing */
  readonly context?: Context;
  readonly why: string;
}

/** Cells of one kind of role. */
export const forbid = (
  kind: RoleKind,
  cells: readonly Omit<Forbidden, "kind">[],
): readonly Forbidden[] => cells.map((it) => ({ kind, ...it }));

export const parameter = (path: string) => `arn:aws:ssm:{region}:{account}:parameter${path}`;
export const role = (name: string) => `arn:aws:iam::{account}:role/${name}`;
export const archive = (service: string) => `arn:aws:s3:::{bucket}/${service}/12-abcdef0.tar.gz`;
export const secretOf = (service: string) =>
  `arn:aws:secretsmanager:{region}:{account}:secret:{cluster}/${service}/database-AbCdEf`;
export const managementToken = parameter("/shoestring/{cluster}/consul/management-token");
/** A role that carries the boundary. */
export const bounded = {
  "iam:PermissionsBoundary": "arn:aws:iam::{account}:policy/shoestring-boundary",
};
