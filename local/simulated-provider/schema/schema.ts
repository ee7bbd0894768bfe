/** A type as Terraform's own JSON schema output writes it: "string", ["list", "string"], … */
export type CtyType = string | readonly [string, CtyType | Readonly<Record<string, CtyType>>];

export interface Attribute {
  readonly type: CtyType;
  readonly required?: true;
  readonly optional?: true;
  readonly computed?: true;
}

export interface NestedBlock {
  readonly nesting_mode: "single" | "list" | "set" | "map";
  readonly min_items?: number;
  readonly max_items?: number;
  readonly block: Block;
}

export interface Block {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly block_types?: Readonly<Record<string, NestedBlock>>;
}

/** The part of `terraform providers schema -json` for a provider that its bindings have. */
export interface PackageSchema {
  readonly provider: Block;
  readonly resource_schemas: Readonly<Record<string, Block>>;
  readonly data_source_schemas: Readonly<Record<string, Block>>;
}

/** The type of a value that has this block's shape, where a block sits inside an attribute. */
export function objectType(block: Block): CtyType {
  const fields: Record<string, CtyType> = {};
  for (const [name, attribute] of Object.entries(block.attributes ?? {})) {
    fields[name] = attribute.type;
  }
  for (const [name, nested] of Object.entries(block.block_types ?? {})) {
    const inner = objectType(nested.block);
    fields[name] = nested.nesting_mode === "single" ? inner : [nested.nesting_mode, inner];
  }
  return ["object", fields];
}
