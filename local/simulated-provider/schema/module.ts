import ts from "typescript";
import { unreadable } from "./embedded-source.ts";

/** One entry of a function that writes a struct as HCL. That function has all arguments. */
export interface Argument {
  readonly name: string;
  readonly value: ts.Expression;
  /** "simple", "list", "set", "map" or "struct". */
  readonly kind: string;
}

/** The facts in a comment "name - computed: …" and in the member after it. */
export interface Member {
  readonly computed: boolean;
  readonly optional: boolean;
  readonly required: boolean;
  /** The private field's initial value, for maps and nested structures. */
  initializer?: ts.Expression;
  /** The expression that the getter returns. */
  returns?: ts.Expression;
}

export interface Property {
  readonly optional: boolean;
  readonly block: boolean;
}

export interface ParsedClass {
  readonly name: string;
  readonly base: string;
  readonly members: ReadonlyMap<string, Member>;
  /** Of a resource, data source or provider: its arguments. */
  readonly arguments: readonly Argument[];
  readonly terraformType: string | undefined;
  /** The struct that its constructor takes; its name does not always follow the class. */
  readonly config: string | undefined;
}

export interface ParsedModule {
  readonly where: string;
  readonly classes: ReadonlyMap<string, ParsedClass>;
  /** The properties of each struct by their Terraform names. */
  readonly structs: ReadonlyMap<string, ReadonlyMap<string, Property>>;
  /** The arguments of each struct, by the name of the function that writes it as HCL. */
  readonly writers: ReadonlyMap<string, readonly Argument[]>;
}

const flags =
  /\/\/ ([a-z0-9_]+) - computed: (true|false), optional: (true|false), required: (true|false)/;

/** Reads a module's classes, structs and HCL writers, without deciding what they mean. */
export function parseModule(texts: readonly string[], where: string): ParsedModule {
  const classes = new Map<string, ParsedClass>();
  const structs = new Map<string, ReadonlyMap<string, Property>>();
  const writers = new Map<string, readonly Argument[]>();
  for (const text of texts) {
    const file = ts.createSourceFile("module.ts", text, ts.ScriptTarget.ES2020, true);
    for (const node of file.statements) {
      if (ts.isInterfaceDeclaration(node)) structs.set(node.name.text, propertiesOf(node, text));
      else if (ts.isFunctionDeclaration(node) && node.name?.text.endsWith("ToHclTerraform")) {
        writers.set(node.name.text, argumentsIn(node, where));
      } else if (ts.isClassDeclaration(node) && node.name) {
        classes.set(node.name.text, classOf(node, node.name.text, text, where));
      }
    }
  }
  return { where, classes, structs, writers };
}

/** A node's leading comments. */
function commentsOf(node: ts.Node, text: string): string {
  return text.slice(node.getFullStart(), node.getStart());
}

function propertiesOf(node: ts.InterfaceDeclaration, text: string): Map<string, Property> {
  const found = new Map<string, Property>();
  for (const member of node.members) {
    if (!ts.isPropertySignature(member)) continue;
    const comments = commentsOf(member, text);
    // The documentation's link is the only place that has a property's Terraform name.
    const name = /#([a-z0-9_]+)}/.exec(comments)?.[1] ?? member.name.getText();
    found.set(name, {
      optional: member.questionToken !== undefined,
      block: /\n\s*\* \w+ block\n/.test(comments),
    });
  }
  return found;
}

/** The object `attrs` of a function that writes HCL. */
function argumentsIn(body: ts.Node, where: string): Argument[] {
  let literal: ts.ObjectLiteralExpression | undefined;
  const visit = (node: ts.Node): void => {
    if (
      ts.isVariableDeclaration(node) &&
      node.name.getText() === "attrs" &&
      node.initializer &&
      ts.isObjectLiteralExpression(node.initializer)
    ) {
      literal = node.initializer;
    } else if (!literal) ts.forEachChild(node, visit);
  };
  visit(body);
  return (literal?.properties ?? []).map((property) => argumentOf(property, where));
}

function argumentOf(node: ts.ObjectLiteralElementLike, where: string): Argument {
  if (!ts.isPropertyAssignment(node) || !ts.isObjectLiteralExpression(node.initializer)) {
    throw unreadable(where, `an argument is written as ${node.getText()}`);
  }
  const fields = new Map<string, ts.Expression>();
  for (const field of node.initializer.properties) {
    if (ts.isPropertyAssignment(field)) fields.set(field.name.getText(), field.initializer);
  }
  const [value, kind] = [fields.get("value"), fields.get("type")];
  if (!value || !kind || !ts.isStringLiteral(kind)) {
    throw unreadable(where, `the argument ${node.name.getText()} has no value or type`);
  }
  return {
    name: nameOf(node.name),
    value,
    kind: kind.text,
  };
}

function nameOf(name: ts.PropertyName): string {
  return ts.isStringLiteral(name) ? name.text : name.getText();
}

function classOf(
  node: ts.ClassDeclaration,
  name: string,
  text: string,
  where: string,
): ParsedClass {
  const members = new Map<string, Member>();
  let terraformType: string | undefined;
  let config: string | undefined;
  let args: Argument[] = [];
  let latest: Member | undefined;
  for (const part of node.members) {
    const comment = flags.exec(commentsOf(part, text));
    if (comment) {
      const [, attribute, computed, optional, required] = comment as unknown as string[];
      latest = {
        computed: computed === "true",
        optional: optional === "true",
        required: required === "true",
      };
      members.set(attribute as string, latest);
    }
    if (ts.isPropertyDeclaration(part) && part.initializer) {
      if (part.name.getText() === "tfResourceType" && ts.isStringLiteral(part.initializer)) {
        terraformType = part.initializer.text;
      }
      if (comment && latest) latest.initializer = part.initializer;
    } else if (ts.isGetAccessorDeclaration(part) && latest && !latest.returns) {
      const returned = part.body?.statements.find(ts.isReturnStatement)?.expression;
      if (returned) latest.returns = returned;
    } else if (ts.isConstructorDeclaration(part)) {
      config = part.parameters[2]?.type?.getText();
    } else if (ts.isMethodDeclaration(part) && part.name.getText() === "synthesizeHclAttributes") {
      args = argumentsIn(part, where);
    }
  }
  const base = node.heritageClauses?.[0]?.types[0]?.expression.getText() ?? "";
  return { name, base, members, arguments: args, terraformType, config };
}
