import { existsSync } from "node:fs";
import { join } from "node:path";
import { runTerraform } from "../../local/terraform/terraform.ts";
import { lockFileName } from "../../modules/provider-locks.ts";

/** What of Terraform a review needs, in a stack's folder. Failures are Problems in its own words. */
export interface Terraform {
  /** With the providers that the folder's lock says, where it has one; it is never changed. */
  init(folder: string): Promise<void>;
  /** Plans into the file `plan`. It takes no lock: whoever plans may not write. */
  plan(folder: string, ...options: string[]): Promise<void>;
  /** The file `plan` as JSON text. */
  show(folder: string): Promise<string>;
  /** The state as JSON text; empty where there is none. */
  state(folder: string): Promise<string>;
  /** Applies the file `plan` as it was saved. */
  apply(folder: string): Promise<void>;
}

/** @param env what terraform runs with, besides the environment of this program. */
export function terraformBy(
  program: string,
  env: Readonly<Record<string, string>> = {},
): Terraform {
  const run = (folder: string, args: readonly string[], good?: readonly number[]) =>
    runTerraform(program, folder, args, env, good);
  return {
    async init(folder) {
      const locked = existsSync(join(folder, lockFileName)) ? ["-lockfile=readonly"] : [];
      await run(folder, ["init", "-input=false", ...locked]);
    },
    async plan(folder, ...options) {
      const args = ["plan", "-input=false", "-lock=false", "-detailed-exitcode", "-out=plan"];
      await run(folder, [...args, ...options], [0, 2]);
    },
    async show(folder) {
      return (await run(folder, ["show", "-json", "plan"])).stdout;
    },
    async state(folder) {
      return (await run(folder, ["state", "pull"])).stdout;
    },
    async apply(folder) {
      await run(folder, ["apply", "-input=false", "-lock-timeout=5m", "plan"]);
    },
  };
}
