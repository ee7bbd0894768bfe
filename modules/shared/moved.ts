import { createHash } from "node:crypto";
import type { TerraformResource } from "cdktf";
import type { Construct } from "constructs";

/**
 * Makes Terraform take over what exists at a resource's earlier address. It would destroy that and
 * create another otherwise, and where a name belongs to both, AWS refuses the second one.
 *
 * @param earlier the scope and id that the resource had.
 */
export function moveFrom(
  resource: TerraformResource,
  earlier: { readonly scope: Construct; readonly id: string },
): void {
  const inStack = `${earlier.scope.node.path}/${earlier.id}`.split("/").slice(1);
  resource.moveFromId(`${resource.terraformResourceType}.${logicalId(inStack)}`);
}

/** As cdktf allocates it: a part for people, and a hash of the whole path. */
function logicalId(path: readonly string[]): string {
  const parts = path.map((id) => id.replace(/[^A-Za-z0-9_-]/g, ""));
  if (parts.length === 1) return parts.join();
  const hash = createHash("md5").update(path.join("/")).digest("hex").slice(0, 8).toUpperCase();
  return [...parts, hash].join("_");
}
