import type { Need } from "./needs.ts";
import { type Decision, decide, type Request } from "./policy/decide.ts";
import type { Policy } from "./policy/document.ts";
import type { Role } from "./roles.ts";
import type { RoleKind } from "./scope.ts";

export type Roles = ReadonlyMap<string, Role>;
/** Policies of buckets and queues, by ARN. */
export type OfResources = ReadonlyMap<string, Policy>;

/** Whether a role may make a request; the policy of its bucket or queue counts too. */
export function ask(role: Role, request: Request, ofResources: OfResources): Decision {
  const { resource } = request;
  const owner = resource.startsWith("arn:aws:s3:::") ? resource.split("/")[0] : resource;
  return decide(role, request, ofResources.get(owner as string));
}

/** A line for each need that a role's policies do not meet. */
export function unmet(
  needs: readonly Need[],
  roles: Roles,
  ofResources: OfResources = new Map(),
): readonly string[] {
  const lines = needs.flatMap((need) => {
    const role = roles.get(need.role);
    if (!role) return [`no stack makes the role ${need.role}, which ${need.why} needs`];
    const decision = ask(role, need, ofResources);
    if (decision.allowed) return [];
    const by = decision.by === undefined ? "" : ` (${decision.by})`;
    return [
      `${need.role} may not ${need.action} on ${need.resource}, for "${need.why}": ${decision.reason}${by}; edit ${fileFor(need, decision)}`,
    ];
  });
  return [...new Set(lines)];
}

const files: Readonly<Record<Exclude<RoleKind, "apply">, string>> = {
  plan: "modules/account/policies/plan-policy.ts",
  deploy: "modules/artifacts/push.ts",
  instance: "modules/service/machine.ts",
  consul: "modules/consul/consul.ts",
  announce: "modules/artifacts/function.ts",
  "flow-logs": "modules/network/flow-logs.ts",
};

/** The file whose edit gives a role what it lacks. */
function fileFor({ kind, action, resource, why }: Need, { reason }: Decision): string {
  if (reason === "outside the boundary") return "modules/account/policies/permissions-boundary.ts";
  if (kind === "instance" && action.startsWith("s3:")) return "modules/artifacts/artifacts.ts";
  if (kind !== "apply") return files[kind];
  const policies = "modules/account/policies";
  if (/^(read|list) /.test(why)) return `${policies}/plan-policy.ts`;
  if (why.startsWith("Terraform's backend")) return `${policies}/apply-policy.ts`;
  if (/^iam:(?!CreateServiceLinkedRole)/.test(action)) return `${policies}/bounded-roles.ts`;
  return `${policies}/${isNumbered(resource) ? "shared-resources" : "named-resources"}.ts`;
}

/** Whether AWS calls an object by a number, so that its ARN tells no cluster. */
const isNumbered = (resource: string) =>
  resource === "*" ||
  /^arn:aws:(acm|application-autoscaling|cloudfront|ec2|kms|route53|ssm|wafv2):/.test(resource) ||
  /:(event-source-mapping|delivery|delivery-source|delivery-destination):/.test(resource);
