import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../lib/problem.ts";

/** The providers' versions and checksums; Terraform's own name for them. */
export const lockFileName = ".terraform.lock.hcl";

/** Terraform's commands in a stack's folder. Failures are Problems with Terraform's message. */
export interface Terraform {
  /** Initialises the folder with the providers of its lock, if any; the lock never changes. */
  init(folder: string): Promise<void>;
  /**
   * Plans into the file `plan`.
   *
   * @returns whether the plan has changes.
   */
  plan(folder: string, ...options: string[]): Promise<"empty" | "changes">;
  /** The file `plan` as JSON text, as `terraform show -json` prints it. */
  showPlan(folder: string): Promise<string>;
  /** Applies exactly the file `plan`; a stale plan is refused. */
  apply(folder: string): Promise<void>;
  /** Reads the applied resources. */
  showState(folder: string): Promise<Applied>;
  /** The state as JSON text; empty where there is none. */
  pullState(folder: string): Promise<string>;
  /** Errors that `terraform validate` finds, without its warnings. */
  validate(folder: string): Promise<readonly Fault[]>;
  destroy(folder: string): Promise<void>;
}

export interface AppliedResource {
  readonly address: string;
  readonly mode: "managed" | "data";
  readonly type: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: attributes of whatever type, as Terraform has them
  readonly values: Readonly<Record<string, any>>;
}

export interface PlannedChange {
  readonly address: string;
  readonly mode: "managed" | "data";
  readonly change: {
    /** Terraform's words: no-op, create, update, delete; delete and create for a replacement. */
    readonly actions: readonly string[];
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly after: Readonly<Record<string, unknown>> | null;
  };
}

export interface Fault {
  /** A short description. */
  readonly summary: string;
  /** The block with the fault, as it is written: `resource "aws_vpc" "…"`. */
  readonly block: string;
}

export interface Applied {
  readonly resources: readonly AppliedResource[];
}

/** The changes that a plan's JSON text lists. */
export const plannedChanges = (plan: string): readonly PlannedChange[] =>
  (JSON.parse(plan) as { resource_changes?: PlannedChange[] }).resource_changes ?? [];

type Env = Readonly<Record<string, string>>;

/**
 * @param env variables in addition to this program's environment, the same or by the stack's folder.
 * @param initOptions options of each `init`, such as `-backend=false`.
 */
export function terraformBy(
  program: string,
  env: Env | ((folder: string) => Env) = {},
  initOptions: readonly string[] = [],
): Terraform {
  const run = (folder: string, args: readonly string[], good?: readonly number[]) =>
    runTerraform(program, folder, args, typeof env === "function" ? env(folder) : env, good);
  return {
    async init(folder) {
      const locked = existsSync(join(folder, lockFileName)) ? ["-lockfile=readonly"] : [];
      await run(folder, ["init", "-input=false", ...locked, ...initOptions]);
    },
    async plan(folder, ...options) {
      const args = ["plan", "-input=false", "-out=plan", "-detailed-exitcode", ...options];
      return (await run(folder, args, [0, 2])).code === 2 ? "changes" : "empty";
    },
    async showPlan(folder) {
      return (await run(folder, ["show", "-json", "plan"])).stdout;
    },
    async apply(folder) {
      await run(folder, ["apply", "-input=false", "-lock-timeout=5m", "plan"]);
    },
    async showState(folder) {
      const { stdout } = await run(folder, ["show", "-json"]);
      const { values } = JSON.parse(stdout) as {
        values?: { root_module?: { resources?: AppliedResource[] } };
      };
      return { resources: values?.root_module?.resources ?? [] };
    },
    async pullState(folder) {
      return (await run(folder, ["state", "pull"])).stdout;
    },
    async validate(folder) {
      const { stdout } = await run(folder, ["validate", "-json"], [0, 1]);
      return (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics
        .filter(({ severity }) => severity === "error")
        .map(({ summary, snippet }) => ({ summary, block: snippet?.context ?? "" }));
    },
    async destroy(folder) {
      await run(folder, ["destroy", "-input=false", "-auto-approve"]);
    },
  };
}

interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  readonly snippet?: { readonly context: string | null };
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
}

/**
 * Runs terraform in a stack's folder.
 *
 * @param good exit codes that are not failures.
 * @throws Problem with Terraform's message for every other code.
 */
export function runTerraform(
  program: string,
  folder: string,
  args: readonly string[],
  env: Env,
  good: readonly number[] = [0],
): Promise<Ran> {
  const options = {
    cwd: folder,
    env: { ...process.env, ...env, TF_IN_AUTOMATION: "1" },
    maxBuffer: 256 * 1024 * 1024,
  };
  const isData = args[0] === "show" || args[0] === "state";
  const withColour = isData ? args : [...args, "-no-color"];
  return new Promise((resolve, reject) => {
    execFile(program, [...withColour], options, (error, stdout, stderr) => {
      const code = error ? Number(error.code) : 0;
      if (good.includes(code)) return resolve({ code, stdout });
      reject(failed(args, folder, stderr, error));
    });
  });
}

function failed(args: readonly string[], folder: string, stderr: string, cause: unknown): Problem {
  const words = stderr.replaceAll(/^[╷│╵]\s?/gm, "").trim();
  return new Problem({
    happened: `terraform ${args[0]} failed in ${folder}: ${words.slice(0, 2000)}`,
    unchanged:
      args[0] === "plan" || args[0] === "init"
        ? "nothing was applied"
        : "what was applied before it failed stays",
    next: `correct it and run it again: terraform -chdir=${folder} ${args[0]}`,
    cause,
  });
}
