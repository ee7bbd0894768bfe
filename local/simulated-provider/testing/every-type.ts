import type { Block, CtyType, PackageSchema } from "../schema/schema.ts";
import type { Json } from "./terraform.ts";

/** Names that Terraform keeps for itself, in every resource. */
const reserved = ["connection", "count", "depends_on", "for_each", "lifecycle", "provisioner"];

/** Arguments for every resource type: those that are required, or all that can be given. */
export function everyType(schema: PackageSchema, all: boolean): Record<string, Json> {
  const types = Object.entries(schema.resource_schemas);
  return Object.fromEntries(types.map(([type, block]) => [type, argumentsOf(block, all, 0)]));
}

function argumentsOf(block: Block, all: boolean, depth: number): Json {
  const made: Json = {};
  for (const [name, attribute] of Object.entries(block.attributes ?? {})) {
    if (depth === 0 && [...reserved, "id", "region"].includes(name)) continue;
    if (attribute.required || (all && attribute.optional)) made[name] = value(attribute.type);
  }
  for (const [name, nested] of Object.entries(block.block_types ?? {})) {
    if (depth === 0 && (name === "timeouts" || reserved.includes(name))) continue;
    // Some structures nest in copies of themselves; a few levels are enough to find faults.
    if (!nested.min_items && !(all && depth < 3)) continue;
    const inner = argumentsOf(nested.block, all, depth + 1);
    made[name] = nested.nesting_mode === "single" ? inner : [inner];
  }
  return made;
}

function value(type: CtyType): unknown {
  if (typeof type === "string") return { number: 1, bool: true }[type] ?? "a";
  const [kind, of] = type;
  if (kind === "map") return { a: value(of as CtyType) };
  if (kind !== "object") return [value(of as CtyType)];
  const fields = Object.entries(of as Record<string, CtyType>);
  return Object.fromEntries(fields.map(([name, field]) => [name, value(field)]));
}
