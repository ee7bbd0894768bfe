import type { Forbidden } from "./access/cell.ts";
import { ask, type OfResources, type Roles } from "./find-faults.ts";
import { inRegion } from "./needs.ts";
import { decide } from "./policy/decide.ts";
import type { Role } from "./roles.ts";
import { fillIn, fillInContext, type RoleKind, type Scope } from "./scope.ts";
import type { TokenCell } from "./trust.ts";

type Scopes = Readonly<Record<RoleKind, readonly Scope[]>>;

/** A line for each cell of the access table that a role's policies allow. */
export function breaches(
  cells: readonly Forbidden[],
  scopes: Scopes,
  roles: Roles,
  ofResources: OfResources,
): readonly string[] {
  return cells.flatMap(({ kind, actions, on, context = {}, why }) =>
    scopes[kind].flatMap((scope) => {
      const role = roles.get(scope.role) as Role;
      return actions.flatMap((action) =>
        fillIn(on, scope).flatMap((resource) => {
          const full = { ...inRegion(action, scope.region), ...fillInContext(context, scope) };
          const { allowed, by } = ask(role, { action, resource, context: full }, ofResources);
          return allowed ? [`${scope.role} may ${action} on ${resource} (${by}): ${why}`] : [];
        }),
      );
    }),
  );
}

const issuer = "token.actions.githubusercontent.com";

/**
 * A line for each token of GitHub that is answered otherwise than the table says.
 *
 * @param infrastructure the repository of the infrastructure, as GitHub writes it in tokens.
 * @param repositories those of services, by the service's name.
 */
export function strangeAnswers(
  cells: readonly TokenCell[],
  scopes: Scopes,
  roles: Roles,
  infrastructure: string,
  repositories: Readonly<Record<string, string>>,
): readonly string[] {
  return cells.flatMap(({ kind, subject: template, may, why }) =>
    scopes[kind].flatMap((scope) => {
      const { trust, id } = roles.get(scope.role) as Role;
      const repository = repositories[scope.services[0] ?? ""] ?? "example/a-service";
      const subject = template
        .replace("{infrastructure}", infrastructure)
        .replace("{repository}", repository)
        .replace("{cluster}", scope.cluster);
      const github = {
        kind: "Federated",
        id: `arn:aws:iam::${scope.account}:oidc-provider/${issuer}`,
        policies: [],
      } as const;
      const action = "sts:AssumeRoleWithWebIdentity";
      const context = { [`${issuer}:aud`]: "sts.amazonaws.com", [`${issuer}:sub`]: subject };
      const { allowed } = decide(github, { action, resource: id, context }, trust);
      if (allowed === may) return [];
      return [`${scope.role} is ${may ? "refused to" : "given to"} the token ${subject}: ${why}`];
    }),
  );
}
