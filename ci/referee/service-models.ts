import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Document } from "./cloudformation/document.ts";
import { plain } from "./cloudformation/plain.ts";
import type { Finding } from "./finding.ts";
import { operations } from "./operations.ts";

/** A shape of an AWS service's model. Lengths count for texts and lists, the value for numbers. */
export interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
}

/** An AWS service's own description of its calls. */
export interface Model {
  readonly operations: Readonly<Record<string, { readonly input?: { readonly shape: string } }>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** Finds the newest model of a service by botocore's name of it. */
export type Models = (service: string) => Model;

/** Reads the models that botocore brings along. @param packages folder of Python's packages */
export function modelsIn(packages: string): Models {
  const known = new Map<string, Model>();
  return (service) => {
    const found = known.get(service);
    if (found) return found;
    const folder = join(packages, "botocore/data", service);
    const newest = readdirSync(folder).sort().at(-1) as string;
    const file = readFileSync(join(folder, newest, "service-2.json.gz"));
    const model = JSON.parse(gunzipSync(file).toString()) as Model;
    known.set(service, model);
    return model;
  };
}

/** Findings, and how many values had a rule at all. */
export interface Judged {
  readonly findings: readonly Finding[];
  readonly compared: number;
}

/** Holds a document's values against the calls that would make its resources. */
export function judgeByModels(
  stack: string,
  { document, addresses }: { document: Document; addresses: ReadonlyMap<string, string> },
  models: Models,
): Judged {
  let compared = 0;
  const findings: Finding[] = [];
  for (const [name, { Type, Properties }] of Object.entries(document.Resources)) {
    const [service, operation] = operations[Type] ?? [];
    if (service === undefined || operation === undefined) continue;
    const model = models(service);
    const input = model.operations[operation]?.input?.shape;
    if (input === undefined) throw new Error(`${service} has no ${operation} with an input`);
    for (const { path, value, shape } of scalars(Properties, input, model, "")) {
      compared += 1;
      const rule = broken(value, shape);
      if (!rule) continue;
      const at = `${stack}/${addresses.get(name)}`;
      findings.push({ rule: `${operation}-${rule[0]}`, at, says: `${path} ${rule[1]}` });
    }
  }
  return { findings, compared };
}

interface Scalar {
  readonly path: string;
  readonly value: unknown;
  readonly shape: Shape;
}

/** Values whose shape has a rule, with their path. */
function* scalars(value: unknown, name: string, model: Model, path: string): Generator<Scalar> {
  const shape = model.shapes[name] as Shape;
  if (shape.type === "structure" && typeof value === "object" && value !== null) {
    for (const [key, it] of Object.entries(value)) {
      // Some calls take tags as a map, documents have pairs.
      if (key === "Tags") continue;
      const member = Object.entries(shape.members ?? {}).find(([of]) => plain(of) === plain(key));
      if (member) yield* scalars(it, member[1].shape, model, `${path}/${key}`);
    }
    return;
  }
  if (hasRule(shape)) yield { path: path.slice(1), value, shape };
  if (shape.type === "list" && shape.member && Array.isArray(value)) {
    for (const it of value) yield* scalars(it, shape.member.shape, model, path);
  }
  if (shape.type === "map" && shape.value && typeof value === "object" && value !== null) {
    for (const [key, it] of Object.entries(value)) {
      if (shape.key) yield* scalars(key, shape.key.shape, model, path);
      yield* scalars(it, shape.value.shape, model, `${path}/${key}`);
    }
  }
}

const hasRule = (shape: Shape) =>
  shape.enum !== undefined ||
  shape.min !== undefined ||
  shape.max !== undefined ||
  shape.pattern !== undefined;

const numbers = new Set(["integer", "long", "float", "double"]);

/** The rule that a value breaks, and how. */
function broken(value: unknown, shape: Shape): readonly [string, string] | undefined {
  // Policies are texts for a service, and objects for CloudFormation.
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  if (shape.enum && !shape.enum.includes(text)) {
    return ["enum", `is ${text}, and AWS knows ${shape.enum.slice(0, 12).join(", ")}`];
  }
  const size = numbers.has(shape.type) ? Number(value) : sizeOf(value, text);
  if (shape.min !== undefined && size < shape.min) return ["min", `${size} is below ${shape.min}`];
  if (shape.max !== undefined && size > shape.max) return ["max", `${size} is above ${shape.max}`];
  if (shape.pattern && shape.type === "string" && patternOf(shape.pattern)?.test(text) === false) {
    return ["pattern", `${text} is not of the form ${shape.pattern}`];
  }
  return undefined;
}

const sizeOf = (value: unknown, text: string) =>
  Array.isArray(value) ? value.length : [...text].length;

/**
 * A model's pattern is for the whole value, in Java's syntax. Some have escapes and surrogates that are no
 * Unicode syntax, a few have groups that are no syntax here at all: they judge nothing.
 */
function patternOf(pattern: string): RegExp | undefined {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(`^(?:${pattern})$`, flags);
    } catch {}
  }
  return undefined;
}
