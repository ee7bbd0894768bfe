import type { AppliedResource } from "../../terraform/terraform.ts";
import { calls } from "./calls.ts";
import type { Context } from "./policy/conditions.ts";
import type { Request } from "./policy/decide.ts";
import type { AppliedStacks } from "./roles.ts";
import { fillIn, fillInContext, type RoleKind, type Scope } from "./scope.ts";
import { type Place, type ResourceType, type Verb, verbs } from "./table/resource-type.ts";
import { resourceTypes } from "./table/resource-types.ts";

/** A request that a role must be able to make. */
export interface Need extends Request {
  /** The role's name. */
  readonly role: string;
  readonly kind: RoleKind;
  /** Who asks, and for what, like "create aws_sqs_queue". */
  readonly why: string;
}

/** The services that have one place in the world: their requests are in this region. */
const global = ["iam", "route53", "cloudfront", "budgets"];

export const inRegion = (action: string, region: string): Context => ({
  "aws:RequestedRegion": global.includes(action.split(":")[0] as string) ? "us-east-1" : region,
  "aws:SecureTransport": "true",
});

/** Needs that differ in what IAM looks at; of those that do not, the first. */
export const distinct = (needs: readonly Need[]): readonly Need[] => [
  ...new Map(
    [...needs]
      .reverse()
      .map((it) => [JSON.stringify([it.role, it.action, it.resource, it.context]), it]),
  ).values(),
];

/** What the programs need that run with the roles of one cluster. */
export function needsOfPrograms(
  scopes: Readonly<Record<RoleKind, readonly Scope[]>>,
): readonly Need[] {
  return calls.flatMap(({ program, command, action, by, on, context = {} }) =>
    by.flatMap((kind) =>
      scopes[kind].flatMap((scope) =>
        on.flatMap((template) =>
          fillIn(template, scope).map((resource) => ({
            role: scope.role,
            kind,
            action,
            resource,
            context: { ...inRegion(action, scope.region), ...fillInContext(context, scope) },
            why: `${program}: ${command}`,
          })),
        ),
      ),
    ),
  );
}

/** The roles of an account with which Terraform runs, by name. */
export interface TerraformRoles {
  readonly plan: string;
  readonly apply: string;
}

/**
 * What Terraform needs for every object of the stacks, and for an example of each type that none of them
 * has. A plan reads all. An apply also changes what the clusters' stacks have; the account's own stack is
 * an administrator's.
 *
 * @param administrators stacks that no role changes.
 */
export function needsOfTerraform(
  stacks: AppliedStacks,
  { plan, apply }: TerraformRoles,
  places: ReadonlyMap<string, Omit<Place, "resources">>,
  administrators: readonly string[],
): readonly Need[] {
  const roles = [
    { role: plan, kind: "plan", may: isRead },
    { role: apply, kind: "apply", may: () => true },
  ] as const;
  const [example] = places.values();
  const of = (stack: string, it: Pick<AppliedResource, "type" | "values">, place: Place) => {
    const all = requests(it, place);
    return roles.flatMap(({ role, kind, may }) =>
      all
        .filter(({ verb }) => may(verb) && (!administrators.includes(stack) || isRead(verb)))
        .map(
          ({ verb, ...request }): Need => ({ ...request, role, kind, why: `${verb} ${it.type}` }),
        ),
    );
  };
  const applied = [...stacks].flatMap(([stack, { resources }]) => {
    const place = { ...(places.get(stack) ?? (example as Place)), resources };
    return resources
      .filter(({ mode, type }) => mode === "managed" && type in resourceTypes)
      .flatMap((it) => of(stack, it, place));
  });
  const examples = Object.entries(resourceTypes).flatMap(([type, { example: values }]) =>
    values ? of("", { type, values }, { ...(example as Place), resources: [] }) : [],
  );
  return [...applied, ...examples];
}

const isRead = (verb: Verb) => verb === "read" || verb === "list";

/** Everything that the provider asks for in the life of one object. */
function requests({ type, values }: Pick<AppliedResource, "type" | "values">, place: Place) {
  const row = resourceTypes[type] as ResourceType;
  const own = row.context?.(values, place) ?? {};
  const arn = row.on(values, place);
  const request = (verb: Verb, action: string, resource: string, context: Context) => ({
    verb,
    action,
    resource,
    context: { ...inRegion(action, place.region), ...context },
  });
  return [
    ...verbs.flatMap((verb) =>
      row[verb].map((written) => {
        const [action = "", star] = written.split(" ");
        return request(verb, action, star ?? arn, own);
      }),
    ),
    ...(row.also?.(values, place) ?? []).map((it) =>
      request(it.verb, it.action, it.resource, it.context ?? {}),
    ),
  ];
}
