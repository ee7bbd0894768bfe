import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The part of a synthesised stack that names types. */
interface Stack {
  readonly resource?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly terraform?: { readonly backend?: { readonly local?: { readonly path: string } } };
}

interface State {
  readonly resources?: readonly { readonly type: string }[];
}

/**
 * The types of resources and data sources that Terraform meets in a stack's folder: those of the
 * synthesised stack, and those of its state, which may have others to destroy.
 *
 * @returns undefined where that is not known: for HCL, or for a state that is no file.
 */
export function stackTypes(folder: string): readonly string[] | undefined {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  if (files.some((name) => name.endsWith(".tf"))) return undefined;
  const file = join(folder, "cdk.tf.json");
  if (!existsSync(file)) return undefined;
  const { resource = {}, data = {}, terraform } = readJson(file) as Stack;
  const state = terraform?.backend?.local?.path;
  if (state === undefined) return undefined;
  const { resources = [] } = existsSync(state) ? (readJson(state) as State) : {};
  const inState = resources.map(({ type }) => type);
  return [...new Set([...Object.keys(resource), ...Object.keys(data), ...inState])].sort();
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
