import { mappings } from "./cloudformation/mappings.ts";
import { plain } from "./cloudformation/plain.ts";
import { type ResourceSchema, type Schemas, settable } from "./cloudformation/schemas.ts";
import type { Finding } from "./finding.ts";

/** What Terraform's provider says of a type. */
export interface ProviderFacts {
  /** The arguments at the top of a resource. */
  readonly args: readonly string[];
  /** Those of them whose change replaces the object. */
  readonly replacing: ReadonlySet<string>;
}

/**
 * Compares what replaces an object at CloudFormation with what does so at Terraform. An argument is
 * compared if both have it; what replaces under circumstances only is not.
 */
export function compareReplacement(
  facts: ReadonlyMap<string, ProviderFacts>,
  schemas: Schemas,
): Finding[] {
  return [...facts].flatMap(([type, { args, replacing }]) => {
    const mapping = mappings[type];
    if (!mapping) return [];
    const schema = schemas(mapping.as);
    const properties = settable(schema);
    return args.flatMap((arg) => {
      const name = mapping.renamed?.[arg] ?? arg;
      const property = properties.find((it) => plain(it) === plain(name));
      if (property === undefined || dependsOn(property, schema)) return [];
      const [here, there] = [replacing.has(arg), replaces(property, schema)];
      if (here === there) return [];
      const says = there
        ? `AWS makes a new object for another ${property}, the facts change it in place`
        : `AWS changes ${property} in place, the facts make a new object`;
      return [
        { rule: there ? "only-aws-replaces" : "only-facts-replace", at: `${type}.${arg}`, says },
      ];
    });
  });
}

const replaces = (property: string, { createOnlyProperties = [] }: ResourceSchema) =>
  createOnlyProperties.includes(`/properties/${property}`);

const dependsOn = (property: string, { conditionalCreateOnlyProperties = [] }: ResourceSchema) =>
  conditionalCreateOnlyProperties.includes(`/properties/${property}`);
