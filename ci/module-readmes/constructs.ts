import { relative } from "node:path";
import ts from "typescript";
import { checkout } from "./repository.ts";
import { objectsIn, typeText } from "./types.ts";

export interface Prop {
  /** With its path: `origin.hostName`. */
  readonly name: string;
  readonly type: string;
  /** Undefined for a required prop. */
  readonly default: string | undefined;
  readonly meaning: string;
}

export interface Gift {
  /** A field, or a method with its parameters. */
  readonly name: string;
  /** Empty for a method that returns nothing. */
  readonly type: string;
  readonly meaning: string;
}

/** The documentation of a construct, and its gaps. */
export interface Documented {
  readonly name: string;
  /** Props of the constructor, then of each method that takes props, by the method's name. */
  readonly props: ReadonlyMap<string, readonly Prop[]>;
  readonly gives: readonly Gift[];
  readonly faults: readonly string[];
}

/** The constructs that a module's index.ts exports. */
export function constructs(program: ts.Program, index: string): Documented[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(index);
  const symbol = source && checker.getSymbolAtLocation(source);
  return (symbol ? checker.getExportsOfModule(symbol) : [])
    .map((it) => (it.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(it) : it))
    .map(({ valueDeclaration }) => valueDeclaration)
    .filter((it) => it !== undefined && ts.isClassDeclaration(it))
    .filter(isConstruct)
    .map((it) => documented(it, checker));
}

const isConstruct = (node: ts.ClassDeclaration) =>
  node.heritageClauses?.some(({ types }) =>
    types.some(({ expression }) => expression.getText() === "Construct"),
  );

function documented(node: ts.ClassDeclaration, checker: ts.TypeChecker): Documented {
  const props = new Map<string, Prop[]>();
  const gives: Gift[] = [];
  const faults: string[] = [];
  const className = node.name?.text ?? "";
  const take = (name: string, parameters: readonly ts.ParameterDeclaration[]) => {
    const rows = parameters.flatMap(({ type }) =>
      type ? propsOf(checker.getTypeFromTypeNode(type), checker, faults) : [],
    );
    if (rows.length > 0) props.set(name, rows);
  };

  for (const member of node.members) {
    if (ts.isConstructorDeclaration(member)) take(className, member.parameters);
    if (!isPublic(member)) continue;
    if (ts.isMethodDeclaration(member)) {
      take(member.name.getText(), member.parameters);
      gives.push(method(member, checker));
    }
    if (ts.isPropertyDeclaration(member) || ts.isGetAccessorDeclaration(member)) {
      gives.push({
        name: member.name.getText(),
        type: member.type
          ? typeText(member.type, checker)
          : checker.typeToString(checker.getTypeAtLocation(member)),
        meaning: comment(member).text,
      });
    }
  }
  return { name: className, props, gives, faults };
}

function isPublic(member: ts.ClassElement): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Static;
  const isHidden = ts.getCombinedModifierFlags(member) & hidden;
  return member.name !== undefined && !ts.isPrivateIdentifier(member.name) && !isHidden;
}

function method(node: ts.MethodDeclaration, checker: ts.TypeChecker): Gift {
  const parameters = node.parameters.map(
    ({ name, questionToken, initializer }) =>
      `${name.getText()}${questionToken || initializer ? "?" : ""}`,
  );
  const type = node.type ? typeText(node.type, checker) : "";
  const { text, tags } = comment(node);
  const sentences = tags.flatMap((tag) => {
    if (ts.isJSDocParameterTag(tag)) return [`\`${tag.name.getText()}\`: ${tagText(tag)}`];
    return ts.isJSDocReturnTag(tag) ? [`Returns ${tagText(tag)}`] : [];
  });
  return {
    name: `${node.name.getText()}(${parameters.join(", ")})`,
    type: type === "void" ? "" : type,
    meaning: [text, ...sentences].join(" "),
  };
}

/** The fields of an object, and of the objects in them. */
function propsOf(
  type: ts.Type,
  checker: ts.TypeChecker,
  faults: string[],
  prefix = "",
  within: readonly ts.Type[] = [],
): Prop[] {
  return objectsIn(type, checker, prefix).flatMap(({ path, object }) =>
    within.includes(object)
      ? []
      : object.getProperties().flatMap((field) => {
          const node = field.valueDeclaration as ts.PropertySignature;
          const name = path === "" ? field.name : `${path}.${field.name}`;
          const { text, tags } = comment(node);
          const defaultTag = tags.find((tag) => tag.tagName.text === "default");
          if (text === "") faults.push(`${place(node)}: ${name} lacks a doc comment`);
          if (node.questionToken && !defaultTag) {
            faults.push(`${place(node)}: ${name} may be left out, but lacks its @default`);
          }
          if (!node.type) return [];
          const row = {
            name,
            type: typeText(node.type, checker),
            default: defaultTag && tagText(defaultTag),
            meaning: text,
          };
          const inner = checker.getTypeFromTypeNode(node.type);
          return [row, ...propsOf(inner, checker, faults, name, [...within, object])];
        }),
  );
}

function comment(node: ts.Node): { text: string; tags: readonly ts.JSDocTag[] } {
  const [last] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1);
  return { text: oneLine(last?.comment), tags: last?.tags ?? [] };
}

const tagText = (tag: ts.JSDocTag) => oneLine(tag.comment);

const oneLine = (text: ts.JSDoc["comment"]) =>
  (ts.getTextOfJSDocComment(text) ?? "").replaceAll(/\s+/g, " ").trim();

function place(node: ts.Node): string {
  const source = node.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(node.getStart());
  return `${relative(checkout, source.fileName)}:${line + 1}`;
}
