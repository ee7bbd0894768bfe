import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A JSON schema, as far as names and nesting go. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** What CloudFormation says of a resource type. */
export interface ResourceSchema extends Schema {
  readonly definitions?: Readonly<Record<string, Schema>>;
  /** Pointers like `/properties/Arn`: AWS says it, nobody asks for it. */
  readonly readOnlyProperties?: readonly string[];
  /** Pointers like `/properties/CidrBlock`: a change of it replaces the object. */
  readonly createOnlyProperties?: readonly string[];
  /** A change of it replaces the object under circumstances. */
  readonly conditionalCreateOnlyProperties?: readonly string[];
}

/** Finds the schema of a type like `AWS::EC2::VPC`. @throws Error for a type that there is not */
export type Schemas = (type: string) => ResourceSchema;

/**
 * Reads the schemas that cfn-lint brings along: for each region an index, for each type a file.
 *
 * @param packages folder of Python's packages
 */
export function schemasIn(packages: string, region: string): Schemas {
  const folder = join(packages, "cfnlint/data/schemas");
  const read = (path: string) => JSON.parse(readFileSync(join(folder, path), "utf8"));
  const index = read(`providers/${region}.json`) as Record<string, string>;
  const known = new Map<string, ResourceSchema>();
  return (type) => {
    const found = known.get(type);
    if (found) return found;
    if (!index[type]) throw new Error(`cfn-lint has no schema of ${type} in ${region}`);
    const schema = read(`resources/${index[type]}.json`) as ResourceSchema;
    known.set(type, schema);
    return schema;
  };
}

/** Follows a schema's references into its resource's definitions. */
export function resolved(schema: Schema, root: ResourceSchema): Schema {
  const name = /^#\/definitions\/(.*)$/.exec(schema.$ref ?? "")?.[1];
  const target = name === undefined ? undefined : root.definitions?.[name];
  return target === undefined ? schema : resolved(target, root);
}

/** The names of a type's own properties that a document may set. */
export const settable = ({ properties = {}, readOnlyProperties = [] }: ResourceSchema): string[] =>
  Object.keys(properties).filter((name) => !readOnlyProperties.includes(`/properties/${name}`));
