import ts from "typescript";
import { unreadable } from "./embedded-source.ts";
import type { Argument, Member, ParsedClass, ParsedModule } from "./module.ts";
import {
  type Attribute,
  type Block,
  type CtyType,
  type NestedBlock,
  objectType,
} from "./schema.ts";

const scalars: Readonly<Record<string, CtyType>> = {
  string: "string",
  number: "number",
  boolean: "bool",
  any: "dynamic",
};

/** The calls of getters for computed attributes without fields of their own. */
const getters: readonly (readonly [string, CtyType, "collection"?])[] = [
  ["getStringAttribute", "string"],
  ["getNumberAttribute", "number"],
  ["getBooleanAttribute", "bool"],
  ["getNumberListAttribute", "number", "collection"],
  ["getListAttribute", "string", "collection"],
  ["getStringMapAttribute", ["map", "string"]],
  ["getNumberMapAttribute", ["map", "number"]],
  ["getBooleanMapAttribute", ["map", "bool"]],
  ["getAnyMapAttribute", ["map", "dynamic"]],
];

/** The form of an argument's value. */
type Shape =
  | { readonly scalar: CtyType }
  | { readonly struct: string }
  | { readonly collection: "list" | "set" | "map"; readonly of: Shape };

/** Builds blocks out of one parsed module. */
export class BlockBuilder {
  private readonly module: ParsedModule;

  constructor(module: ParsedModule) {
    this.module = module;
  }

  /** The block of the module's resource, data source or provider. */
  main(main: ParsedClass): Block {
    return this.#block(main, main.arguments, main.config ?? "");
  }

  #struct(name: string): Block {
    const writer = `${name.charAt(0).toLowerCase()}${name.slice(1)}ToHclTerraform`;
    const args = this.module.writers.get(writer);
    if (!args) throw this.#unreadable(`the struct ${name} has no ${writer}`);
    return this.#block(this.module.classes.get(`${name}OutputReference`), args, name);
  }

  #block(reader: ParsedClass | undefined, args: readonly Argument[], struct: string): Block {
    const attributes: Record<string, Attribute> = {};
    const blocks: Record<string, NestedBlock> = {};
    const properties = this.module.structs.get(struct);
    if (!properties) throw this.#unreadable(`there is no struct ${struct}`);
    for (const argument of args) {
      const member = reader?.members.get(argument.name);
      // Some structs have no reader (nothing refers into them); a reader must know every argument.
      if (reader && !member) {
        throw this.#unreadable(`${reader.name} says nothing of "computed:" for ${argument.name}`);
      }
      const property = properties.get(argument.name);
      if (!property) throw this.#unreadable(`${struct} has no ${argument.name}`);
      if (member && member.required === property.optional) {
        throw this.#unreadable(
          `${struct} and its reader differ on whether ${argument.name} is required`,
        );
      }
      const shape = this.#shapeOf(argument);
      const inner = structOf(shape);
      const optional = property.optional;
      const isBlock = property.block;
      if (inner !== undefined && isBlock && !member?.computed) {
        blocks[argument.name] = this.#nested(argument, shape, inner, optional);
      } else {
        attributes[argument.name] = {
          type: this.#argumentType(argument, shape),
          ...(optional ? { optional } : { required: true as const }),
          ...(member?.computed && optional ? { computed: true as const } : {}),
        };
      }
    }
    for (const [name, member] of reader?.members ?? []) {
      if (attributes[name] || blocks[name]) continue;
      attributes[name] = { type: this.#computedType(name, member), computed: true };
    }
    return {
      ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
      ...(Object.keys(blocks).length > 0 ? { block_types: blocks } : {}),
    };
  }

  #nested(argument: Argument, shape: Shape, struct: string, optional: boolean): NestedBlock {
    const block = this.#struct(struct);
    const atLeast = optional ? {} : { min_items: 1 };
    if (argument.kind === "struct") {
      return { nesting_mode: "single", ...atLeast, ...(optional ? {} : { max_items: 1 }), block };
    }
    if (argument.kind !== "list" && argument.kind !== "set" && argument.kind !== "map") {
      throw this.#unreadable(`the block ${argument.name} is of the kind ${argument.kind}`);
    }
    // Terraform refuses dynamic types inside sets; the bindings say "any" where a block nests in
    // itself (WAF statements).
    const mode = argument.kind === "set" && holdsDynamic(block) ? "list" : argument.kind;
    // A struct outside of a list can be given only once.
    const atMost = "struct" in shape ? { max_items: 1 } : {};
    return { nesting_mode: mode, ...atLeast, ...atMost, block };
  }

  #argumentType(argument: Argument, shape: Shape): CtyType {
    const type = this.#typeOf(shape);
    return "struct" in shape && argument.kind !== "struct" ? [argument.kind, type] : type;
  }

  #typeOf(shape: Shape): CtyType {
    if ("scalar" in shape) return shape.scalar;
    if ("collection" in shape) return [shape.collection, this.#typeOf(shape.of)];
    return objectType(this.#struct(shape.struct));
  }

  #shapeOf(argument: Argument): Shape {
    // "x === undefined ? null : write(x)", if the provider requires every field
    const value = ts.isConditionalExpression(argument.value)
      ? argument.value.whenFalse
      : argument.value;
    if (!ts.isCallExpression(value)) {
      throw this.#unreadable(`${argument.name} is written by ${value.getText()}`);
    }
    return this.#writerShape(value.expression, argument.kind);
  }

  #writerShape(writer: ts.Expression, kind: string): Shape {
    if (ts.isCallExpression(writer) && writer.arguments[0]) {
      const of = () => this.#writerShape(writer.arguments[0] as ts.Expression, "simple");
      switch (writer.expression.getText()) {
        case "cdktf.listMapperHcl":
          return { collection: kind === "set" ? "set" : "list", of: of() };
        case "cdktf.hashMapperHcl":
          return { collection: "map", of: of() };
      }
    }
    const text = writer.getText();
    const scalar = /^cdktf\.(\w+)ToHclTerraform$/.exec(text)?.[1];
    if (scalar && scalars[scalar]) return { scalar: scalars[scalar] };
    const struct = /^(\w+)ToHclTerraform$/.exec(text)?.[1];
    if (struct) return { struct: `${struct.charAt(0).toUpperCase()}${struct.slice(1)}` };
    throw this.#unreadable(`a value is written by ${text}`);
  }

  #computedType(name: string, member: Member): CtyType {
    const returned = member.returns?.getText() ?? "";
    for (const [getter, type, collection] of getters) {
      if (!returned.includes(`.${getter}(`)) continue;
      if (!collection) return type;
      return [returned.includes("Fn.tolist") ? "set" : "list", type];
    }
    if (member.initializer && ts.isNewExpression(member.initializer)) {
      const type = this.#fieldType(member.initializer);
      if (type) return type;
    }
    if (/\.interpolationForAttribute\(/.test(returned)) return "dynamic";
    throw this.#unreadable(
      `the computed ${name} is ${returned} of ${member.initializer?.getText() ?? "no field"}`,
    );
  }

  /** The type of a field such as `new cdktf.StringMap(this, "name")` or `new FooList(…, true)`. */
  #fieldType(made: ts.NewExpression): CtyType | undefined {
    const name = made.expression.getText();
    const collection = made.arguments?.[2]?.kind === ts.SyntaxKind.TrueKeyword ? "set" : "list";
    const map = /^cdktf\.(String|Number|Boolean|Any)Map(List)?$/.exec(name);
    if (map) {
      const type: CtyType = ["map", scalars[(map[1] as string).toLowerCase()] as CtyType];
      return map[2] ? [collection, type] : type;
    }
    const list = /^cdktf\.(String|Number|Boolean)ListList$/.exec(name);
    if (list) return [collection, ["list", scalars[(list[1] as string).toLowerCase()] as CtyType]];
    if (!this.module.classes.has(name)) return undefined;
    const struct = /^(.*)(OutputReference|List|Map)$/.exec(name);
    if (!struct) return undefined;
    const type = objectType(this.#struct(struct[1] as string));
    if (struct[2] === "OutputReference") return type;
    return struct[2] === "Map" ? ["map", type] : [collection, type];
  }

  #unreadable(why: string): Error {
    return unreadable(this.module.where, why);
  }
}

function structOf(shape: Shape): string | undefined {
  if ("struct" in shape) return shape.struct;
  return "collection" in shape && "struct" in shape.of ? shape.of.struct : undefined;
}

function holdsDynamic(block: Block): boolean {
  return JSON.stringify(block).includes('"type":"dynamic"');
}
