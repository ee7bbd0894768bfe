import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../../../lib/problem.ts";
import { withoutMetadata } from "../../stacks/without-metadata.ts";

/** The contents of a synthesised stack. Between two equal ones there is nothing to plan. */
export interface StackContents {
  /** `cdk.tf.json` without cdktf's metadata. */
  readonly config: StackConfig;
  /** SHA-256 of each file that Terraform reads beside it, by its path as the stack writes it. */
  readonly files: Readonly<Record<string, string>>;
}

/** A resource's arguments, by type and name: `resource.aws_vpc.network`. */
export type Blocks = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface StackConfig {
  readonly resource?: Blocks;
  readonly data?: Blocks;
  readonly [section: string]: unknown;
}

/**
 * Reads every stack of a synthesised app.
 *
 * @param outdir has `stacks/<stack>/cdk.tf.json`.
 * @throws Problem if nothing was synthesised.
 */
export function readStacks(outdir: string): Map<string, StackContents> {
  const stacks = join(outdir, "stacks");
  const names = existsSync(stacks) ? readdirSync(stacks).sort() : [];
  if (names.length === 0) {
    throw new Problem({
      happened: `no stack is in ${stacks}: nothing is synthesised yet`,
      unchanged: "nothing was compared or planned",
      next: "npx cdktf synth",
    });
  }
  return new Map(names.map((name) => [name, readStack(join(stacks, name))]));
}

/** Reads one stack's folder. */
export function readStack(folder: string): StackContents {
  const config = configOf(readFileSync(join(folder, "cdk.tf.json"), "utf8"));
  const hashes = filesIn(config).map((path) => [path, hashOf(join(folder, path))] as const);
  return { config, files: Object.fromEntries(hashes) };
}

/** A stack's JSON text, without metadata. */
export const configOf = (text: string): StackConfig =>
  withoutMetadata(JSON.parse(text)) as StackConfig;

/** Whether two values are the same JSON, whatever the order of their keys. */
export const isSame = (a: unknown, b: unknown): boolean => sorted(a) === sorted(b);

/** The files that a part of a stack reads: `${filebase64sha256("../../../dist/announce.zip")}`. */
export function filesIn(part: unknown): string[] {
  if (typeof part === "string") {
    return [...part.matchAll(/\b(?:file\w*|templatefile)\("([^"]+)"/g)].map(
      ([, path = ""]) => path,
    );
  }
  if (typeof part !== "object" || part === null) return [];
  return [...new Set(Object.values(part).flatMap(filesIn))];
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

const hashOf = (path: string): string =>
  existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : "missing";
