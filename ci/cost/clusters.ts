import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, Problem } from "../../lib/problem.ts";

/** Stacks that are planned and applied one after the other, and are one bill. */
export interface Group {
  /** The cluster's name, or `account`. */
  readonly name: string;
  readonly stacks: readonly unknown[];
}

const folder = "cdktf.out/stacks";
const nothingDone = "nothing was written, and nothing asked of AWS";
const synth = "npx cdktf synth";

/**
 * The synthesised stacks, by cluster; the account comes last.
 *
 * @throws Problem if nothing was synthesised, or if a file is not JSON.
 */
export function synthesisedGroups(checkout: string): Group[] {
  const directory = join(checkout, folder);
  const names = existsSync(directory) ? readdirSync(directory) : [];
  const stacks = new Map(
    names
      .sort()
      .map((name) => ({ name, path: join(directory, name, "cdk.tf.json") }))
      .filter(({ path }) => existsSync(path))
      .map(({ name, path }) => [name, read(path, `${folder}/${name}/cdk.tf.json`)]),
  );
  if (stacks.size === 0) {
    throw new Problem({
      happened: `no stack is in ${folder}: nothing is synthesised yet`,
      unchanged: nothingDone,
      next: synth,
    });
  }
  return grouped(stacks);
}

/** A stack `<cluster>-config` belongs to the stack `<cluster>`, where there is one. */
export function grouped(stacks: ReadonlyMap<string, unknown>): Group[] {
  const isPart = (name: string) => name.endsWith(config) && stacks.has(name.slice(0, -len));
  return [...stacks]
    .filter(([name]) => !isPart(name))
    .map(([name, stack]) => ({
      name,
      stacks: [stack, ...(stacks.has(name + config) ? [stacks.get(name + config)] : [])],
    }))
    .sort((a, b) => Number(a.name === "account") - Number(b.name === "account"));
}

const config = "-config";
const len = config.length;

function read(path: string, label: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new Problem({
      happened: `${label} cannot be read: ${describe(cause)}`,
      unchanged: nothingDone,
      next: synth,
      cause,
    });
  }
}
