import { dirname, resolve } from "node:path";
import ts from "typescript";
import { compilerOptions } from "./repository.ts";

/**
 * A program of the repository's own files alone. Types of packages stay names, which is enough for
 * a table, so thousands of the provider's types need not be read.
 *
 * @param sources texts instead of files, by their paths. @default none
 */
export function ownTypes(roots: readonly string[], sources: Readonly<Record<string, string>> = {}) {
  const options = { ...compilerOptions, types: [] };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (path) => sources[path] ?? readFile(path);
  host.fileExists = (path) => path in sources || fileExists(path);
  host.getSourceFile = (path, languageVersion) => {
    const text = host.readFile(path);
    return text === undefined ? undefined : ts.createSourceFile(path, text, languageVersion, true);
  };
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map(({ text }) => ({
      resolvedModule: text.startsWith(".")
        ? { resolvedFileName: resolve(dirname(from), text), extension: ts.Extension.Ts }
        : undefined,
    }));
  return ts.createProgram(roots, options, host);
}

/** A type as it is written, without `readonly`, which does not help the reader of a table. */
export function typeText(node: ts.TypeNode, checker: ts.TypeChecker): string {
  const text = (inner: ts.TypeNode) => typeText(inner, checker);
  if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.ReadonlyKeyword) {
    return text(node.type);
  }
  if (ts.isParenthesizedTypeNode(node)) return `(${text(node.type)})`;
  if (ts.isUnionTypeNode(node)) return node.types.map(text).join(" | ");
  if (ts.isArrayTypeNode(node)) {
    const element = text(node.elementType);
    return element.includes(" ") && !element.startsWith("(") ? `(${element})[]` : `${element}[]`;
  }
  if (ts.isFunctionTypeNode(node)) {
    const parameters = node.parameters.map(
      ({ name, type }) => `${name.getText()}${type ? `: ${text(type)}` : ""}`,
    );
    return `(${parameters.join(", ")}) => ${text(node.type)}`;
  }
  if (ts.isTypeLiteralNode(node)) return "object";
  if (ts.isTypeReferenceNode(node)) {
    const [first] = node.typeArguments ?? [];
    if (first && node.typeName.getText() === "Readonly") return text(first);
    return values(node, checker) ?? `${node.typeName.getText()}${argumentsText(node, text)}`;
  }
  return node.getText();
}

const argumentsText = (node: ts.TypeReferenceNode, text: (node: ts.TypeNode) => string) =>
  node.typeArguments ? `<${node.typeArguments.map(text).join(", ")}>` : "";

/** The definition of a name for a string, a number or a union of them. */
function values(node: ts.TypeReferenceNode, checker: ts.TypeChecker): string | undefined {
  const type = checker.getTypeFromTypeNode(node);
  const members = type.isUnion() ? type.types : [type];
  const plain = ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike;
  if (!members.every((it) => it.flags & plain)) return undefined;
  return checker.typeToString(
    type,
    undefined,
    ts.TypeFormatFlags.InTypeAlias | ts.TypeFormatFlags.NoTruncation,
  );
}

/** The objects with fields in a value, with the path to each: `[]`, `.*`. */
export function objectsIn(
  type: ts.Type,
  checker: ts.TypeChecker,
  path = "",
): { readonly path: string; readonly object: ts.Type }[] {
  if (type.isUnion()) return type.types.flatMap((it) => objectsIn(it, checker, path));
  if (checker.isArrayType(type)) {
    const [element] = checker.getTypeArguments(type as ts.TypeReference);
    return element ? objectsIn(element, checker, `${path}[]`) : [];
  }
  const byName = type.getStringIndexType();
  if (byName) return objectsIn(byName, checker, `${path}.*`);
  return isPlainObject(type) ? [{ path, object: type }] : [];
}

/** An object with methods is passed on as a whole, and not written field by field. */
function isPlainObject(type: ts.Type): boolean {
  const declarations = type.symbol?.declarations ?? [];
  return (
    declarations.length > 0 &&
    declarations.every((it) => ts.isInterfaceDeclaration(it) || ts.isTypeLiteralNode(it)) &&
    type.getProperties().length > 0 &&
    type.getProperties().every(({ valueDeclaration: it }) => it && ts.isPropertySignature(it))
  );
}
