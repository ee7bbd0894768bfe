import { configured, type Values } from "./configured.ts";
import { mappings, parts, unmapped } from "./mappings.ts";
import { plain } from "./plain.ts";
import { type ResourceSchema, resolved, type Schema, type Schemas, settable } from "./schemas.ts";

/** A managed resource of a stack: as it was written, and as it was applied. */
export interface Resource {
  /** `<type>.<name>` */
  readonly address: string;
  readonly type: string;
  readonly written: Values;
  readonly applied: Values;
}

/** A CloudFormation document of a stack. */
export interface Document {
  readonly AWSTemplateFormatVersion: "2010-09-09";
  readonly Resources: Readonly<Record<string, { Type: string; Properties: Values }>>;
}

export interface Conversion {
  readonly document: Document;
  /** The address of each resource, by its name in the document. */
  readonly addresses: ReadonlyMap<string, string>;
  /** What has no place in the document, as `<type>` or `<type>.<path>`: nobody judges that. */
  readonly unplaced: ReadonlySet<string>;
}

/** Writes a stack's applied resources as CloudFormation would have them. */
export function documentOf(resources: readonly Resource[], schemas: Schemas): Conversion {
  const addresses = new Map<string, string>();
  const unplaced = new Set<string>();
  const entries = resources.flatMap(
    (resource): [string, { Type: string; Properties: Values }][] => {
      const { address, type } = resource;
      const mapping = mappings[type];
      if (!mapping) {
        if (!parts[type] && !unmapped[type]) unplaced.add(type);
        return [];
      }
      const written = { ...resource.written };
      for (const name of mapping.always ?? []) written[name] ??= "";
      const values = configured(withoutTags(written), resource.applied);
      const shaped = { ...(mapping.shape?.(values) ?? values), ...partsOf(resource, resources) };
      const root = schemas(mapping.as);
      const place = new Placement(root, mapping.renamed ?? {}, (path) => {
        if (!mapping.absent?.[path]) unplaced.add(`${type}.${path}`);
      });
      const name = address.replaceAll(/[^A-Za-z0-9]/g, "");
      addresses.set(name, address);
      const properties = place.object(shaped, root, "");
      return [
        [name, { Type: mapping.as, Properties: { ...properties, ...tagsOf(resource, root) } }],
      ];
    },
  );
  const Resources = Object.fromEntries(entries);
  return {
    document: { AWSTemplateFormatVersion: "2010-09-09", Resources },
    addresses,
    unplaced,
  };
}

const withoutTags = ({ tags, tags_all, ...rest }: Values): Values => rest;

/** Tags with those that the provider gives to everything. */
function tagsOf({ applied }: Resource, root: ResourceSchema): Values {
  const item = resolved(root.properties?.Tags?.items ?? {}, root);
  const tags = Object.entries((applied.tags_all ?? {}) as Values);
  if (!item.properties?.Key || tags.length === 0) return {};
  return { Tags: tags.map(([Key, Value]) => ({ Key, Value })) };
}

/** What the resources say that are parts of this one. */
function partsOf(whole: Resource, all: readonly Resource[]): Values {
  const found = all.flatMap(({ type, written, applied }) => {
    const part = parts[type];
    if (part?.partOf !== whole.type) return [];
    const [key, attribute] = part.by;
    if (applied[key] !== whole.applied[attribute]) return [];
    return [part.shape(configured(written, applied))];
  });
  return Object.assign({}, ...found);
}

/** Brings values into the form of a schema. */
class Placement {
  readonly #root: ResourceSchema;
  readonly #renamed: Readonly<Record<string, string>>;
  readonly #unplaced: (path: string) => void;

  constructor(
    root: ResourceSchema,
    renamed: Readonly<Record<string, string>>,
    unplaced: (path: string) => void,
  ) {
    this.#root = root;
    this.#renamed = renamed;
    this.#unplaced = unplaced;
  }

  object(values: Values, schema: Schema, path: string): Values {
    const { properties } = schema;
    if (!properties) return values;
    const known = schema === this.#root ? settable(this.#root) : Object.keys(properties);
    const names = new Map(known.map((name) => [plain(name), name]));
    const placed = Object.entries(values).flatMap(([name, it]) => {
      const at = path === "" ? name : `${path}.${name}`;
      const property = this.#renamed[at] ?? names.get(plain(name)) ?? names.get(plain(`${name}s`));
      const child = property === undefined ? undefined : properties[property];
      if (property === undefined || child === undefined) {
        this.#unplaced(at);
        return [];
      }
      return [[property, this.#value(it, resolved(child, this.#root), at)]];
    });
    return Object.fromEntries(placed);
  }

  #value(it: unknown, schema: Schema, path: string): unknown {
    const types = [schema.type ?? (schema.properties ? "object" : "")].flat();
    if (types.includes("array")) {
      const item = resolved(schema.items ?? {}, this.#root);
      return (Array.isArray(it) ? it : [it]).map((each) => this.#value(each, item, path));
    }
    if (types.includes("object")) {
      // Policies are JSON in a text.
      if (typeof it === "string") return it.startsWith("{") ? JSON.parse(it) : it;
      const one = Array.isArray(it) ? it[0] : it;
      return typeof one === "object" && one !== null
        ? this.object(one as Values, schema, path)
        : one;
    }
    return typeof it === "number" && types.includes("string") && !types.includes("number")
      ? String(it)
      : it;
  }
}
