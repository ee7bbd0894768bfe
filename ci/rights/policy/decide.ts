import { type Context, holds } from "./conditions.ts";
import type { Policy, Principal, Statement } from "./document.ts";

/** Who asks, with what IAM looks at to decide. */
export interface Caller {
  /** ARN of a role, host name of a service, or ARN of an identity provider. */
  readonly id: string;
  readonly kind: Exclude<Principal["kind"], "*">;
  /** Policies of the role, inline and attached. A service and a provider have none. */
  readonly policies: readonly Policy[];
  /** The permissions boundary: the most that the policies above can allow. @default no bound */
  readonly boundary?: Policy | undefined;
}

export interface Request {
  readonly action: string;
  /** ARN, or `*` for an action that names no resource. */
  readonly resource: string;
  readonly context: Context;
}

export interface Decision {
  readonly allowed: boolean;
  /** Kind of the reason. */
  readonly reason: "allowed" | "nothing allows it" | "outside the boundary" | "denied";
  /** The statement that decided, as `policy: sid`; absent where nothing allows it. */
  readonly by?: string;
}

/**
 * Decides a request within one account, as IAM does: a denial anywhere wins; else the caller's policies must
 * allow it and the boundary too, or the resource's own policy allows it to this caller.
 *
 * @param resourcePolicy the bucket's, queue's or role's (its trust). @default none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decide(caller: Caller, request: Request, resourcePolicy?: Policy): Decision {
  const own = { policies: caller.policies, applies: () => true };
  const bound = { policies: caller.boundary ? [caller.boundary] : [], applies: () => true };
  const resource = {
    policies: resourcePolicy ? [resourcePolicy] : [],
    applies: (it: Statement) => names(it, caller),
  };
  for (const it of [own, bound, resource]) {
    const by = find("Deny", it, request);
    if (by) return { allowed: false, reason: "denied", by };
  }
  const shared = find("Allow", resource, request);
  if (shared) return { allowed: true, reason: "allowed", by: shared };
  const by = find("Allow", own, request);
  if (!by) return { allowed: false, reason: "nothing allows it" };
  if (caller.boundary && !find("Allow", bound, request))
    return { allowed: false, reason: "outside the boundary", by: caller.boundary.name };
  return { allowed: true, reason: "allowed", by };
}

interface Source {
  readonly policies: readonly Policy[];
  readonly applies: (statement: Statement) => boolean;
}

/** The first statement of an effect that is about a request, as `policy: sid`. */
function find(
  effect: Statement["effect"],
  { policies, applies }: Source,
  request: Request,
): string | undefined {
  for (const { name, statements } of policies) {
    const found = statements.find(
      (it) => it.effect === effect && applies(it) && isAbout(it, request),
    );
    if (found) return `${name}: ${found.sid || found.actions.texts.join()}`;
  }
  return undefined;
}

const isAbout = (
  { actions, resources, conditions }: Statement,
  { action, resource, context }: Request,
): boolean =>
  actions.matches(action) &&
  (resources.texts.length === 0 || resources.matches(resource)) &&
  conditions.every((it) => holds(it, context));

/** Whether a statement of a resource's policy is about a caller. */
const names = ({ principals = [] }: Statement, caller: Caller): boolean =>
  principals.some(({ kind, id }) => kind === "*" || (kind === caller.kind && id === caller.id));
