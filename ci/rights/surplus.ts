import { type OfResources, type Roles, unmet } from "./find-faults.ts";
import type { Need } from "./needs.ts";
import type { Context } from "./policy/conditions.ts";
import { decide } from "./policy/decide.ts";
import { actionPatterns } from "./policy/patterns.ts";
import type { Role } from "./roles.ts";
import type { RoleKind } from "./scope.ts";

/** An action that statements of one name list, in the policies of all roles of a kind. */
export interface Listed {
  readonly kind: RoleKind;
  readonly sid: string;
  readonly action: string;
}

/** Every action that the allowing statements of the needs' roles list. */
export function listed(needs: readonly Need[], roles: Roles): readonly Listed[] {
  const kinds = new Map(needs.map(({ role, kind }) => [role, kind]));
  const all = [...roles.values()].flatMap((role) =>
    allowing(role).flatMap(({ sid, actions }) =>
      actions.texts.map((action) => ({ kind: kinds.get(role.name) as RoleKind, sid, action })),
    ),
  );
  return [...new Map(all.map((it) => [JSON.stringify(it), it])).values()];
}

const allowing = (role: Role) =>
  role.policies.flatMap(({ statements }) => statements).filter(({ effect }) => effect === "Allow");

/** The roles without one action, in every statement that is called so. */
export function withoutAction(roles: Roles, needs: readonly Need[], taken: Listed): Roles {
  const ofKind = new Set(needs.filter(({ kind }) => kind === taken.kind).map(({ role }) => role));
  const smaller = (role: Role): Role => ({
    ...role,
    policies: role.policies.map((policy) => ({
      ...policy,
      statements: policy.statements.map((it) =>
        it.sid === taken.sid
          ? {
              ...it,
              actions: actionPatterns(it.actions.texts.filter((one) => one !== taken.action)),
            }
          : it,
      ),
    })),
  });
  return new Map(
    [...roles].filter(([name]) => ofKind.has(name)).map(([name, role]) => [name, smaller(role)]),
  );
}

/** The needs that may fail where an action is taken away. */
export function touchedBy({ kind, action }: Listed, needs: readonly Need[]): readonly Need[] {
  const { matches } = actionPatterns([action]);
  return needs.filter((it) => it.kind === kind && matches(it.action));
}

/**
 * Actions that can be taken away, each alone, and every need is still met: rights that nothing asks for, and
 * rights that another statement gives too. The reads are one list for plan and apply: of it, what neither
 * needs.
 */
export function unneeded(
  needs: readonly Need[],
  roles: Roles,
  ofResources: OfResources,
): readonly Listed[] {
  const all = listed(needs, roles);
  const idle = all.filter((taken) => {
    const smaller = withoutAction(roles, needs, taken);
    return unmet(touchedBy(taken, needs), smaller, ofResources).length === 0;
  });
  const name = ({ sid, action }: Listed) => `${sid} ${action}`;
  const used = new Set(all.filter((it) => !idle.includes(it)).map(name));
  return idle.filter((it) => !used.has(name(it)));
}

/** Reads are given for all objects at once: they tell how things are set up, and no contents. */
const isReading = (action: string) => /:(Get(?!SecretValue)|List|Describe)/.test(action);

/**
 * A line for each of the given actions that a role is allowed and does not need at all, or is allowed on
 * something that another role needs it for, or that belongs to no cluster.
 *
 * @param actions every action of some services.
 * @param strangers ARNs of what belongs to no cluster.
 * @param contexts contexts to try, beside those of the needs.
 */
export function tooMuch(
  needs: readonly Need[],
  roles: Roles,
  actions: readonly string[],
  strangers: readonly string[],
  contexts: readonly Context[],
): readonly string[] {
  const services = [...new Set(actions.map((it) => it.split(":")[0] as string))];
  const known = needs.filter((it) => services.includes(it.action.split(":")[0] as string));
  const tried = [
    ...new Map(
      [...contexts, ...known.map((it) => it.context)].map((it) => [JSON.stringify(it), it]),
    ).values(),
  ];
  return [...roles.values()].flatMap((role) => {
    const needed = new Set(known.filter((it) => it.role === role.name).map((it) => it.action));
    const mayBe = allowing(role).map((it) => it.actions);
    return actions
      .filter((action) => mayBe.some((it) => it.matches(action)))
      .flatMap((action) => {
        if (needed.has(action) && isReading(action)) return [];
        const mine = (it: Need) => it.role === role.name && it.action === action;
        const own = new Set(known.filter(mine).map((it) => it.resource));
        const others = known.filter((it) => own.size === 0 || it.action === action);
        const resources = ["*", ...strangers, ...new Set(others.map((it) => it.resource))].filter(
          (it) => !own.has(it),
        );
        const found = resources.find((resource) =>
          tried.some((context) => decide(role, { action, resource, context }).allowed),
        );
        return found ? [`${role.name} may ${action} on ${found}, and nothing needs it`] : [];
      });
  });
}
