import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../../lib/problem.ts";
import { installProviders } from "../provider/install.ts";
import { cacheDir } from "../tools/cache.ts";
import { ensureTerraform } from "../tools/terraform.ts";

/** Terraform with played providers: what it makes is in its state, and nowhere else. */
export interface SimulatedTerraform extends Terraform {
  /** The terraform that is run. */
  readonly program: string;
  /** What a shell needs to run terraform or cdktf the same way. */
  readonly env: Readonly<Record<string, string>>;
}

/** Terraform's commands, with the providers that it was made for. */
export interface Terraform {
  /** Prepares a stack's folder: finds the providers, reads the backend. */
  init(stackFolder: string): Promise<void>;
  /**
   * Plans into the file `plan` of the stack's folder.
   *
   * @returns whether there is anything to do.
   */
  plan(stackFolder: string, ...options: string[]): Promise<"empty" | "changes">;
  /** What the file `plan` would do, as `terraform show -json` tells it. */
  planned(stackFolder: string): Promise<readonly PlannedChange[]>;
  /** Errors that `terraform validate` finds; warnings are none. */
  validate(stackFolder: string): Promise<readonly Fault[]>;
  /** Applies exactly what was planned; a stale plan is refused. */
  applyPlan(stackFolder: string): Promise<void>;
  destroy(stackFolder: string): Promise<void>;
  /** What was applied, as `terraform show -json` tells it. */
  show(stackFolder: string): Promise<Applied>;
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
  /** What is wrong, in a few words. */
  readonly summary: string;
  /** The block that it is in, as it is written: `resource "aws_vpc" "…"`. */
  readonly block: string;
}

export interface Applied {
  readonly resources: readonly AppliedResource[];
}

/**
 * Installs the played providers where they are not, and gives a Terraform that uses them.
 *
 * @throws Problem where terraform is missing or cannot do what it is told, with its own words.
 */
export async function simulatedTerraform(
  log?: (line: string) => void,
): Promise<SimulatedTerraform> {
  const [program, installed] = await Promise.all([
    ensureTerraform(log),
    installProviders(join(cacheDir(), "terraform")),
  ]);
  // cdktf looks for a terraform that is not on PATH under this name.
  const found = program === "terraform" ? {} : { TERRAFORM_BINARY_NAME: program };
  const env = { ...installed.env, ...found };
  return { program, env, ...commands(program, env) };
}

/**
 * A Terraform that says whether a stack is valid: with the real providers where this machine can
 * install them, else with the played ones. Neither needs credentials.
 *
 * @param stackFolder a stack to find out with.
 * @param env what Terraform installs the real ones with. @default into the cache, from the registry
 * @returns which providers it has; and where they are played, why.
 * @throws Problem where the stack cannot be prepared for another reason than the way to the registry.
 */
export async function validatingTerraform(
  stackFolder: string,
  env = fromRegistry(),
): Promise<{ readonly providers: string; readonly terraform: Terraform }> {
  const real = commands(await ensureTerraform(), env, ["-backend=false"]);
  try {
    await real.init(stackFolder);
    return { providers: "real", terraform: real };
  } catch (error) {
    const [why] = noWay.exec(String(error).replaceAll(/\s+/g, " ")) ?? [];
    if (why === undefined) throw error;
    return {
      providers: `simulated; the real ones cannot be installed here: ${why}`,
      terraform: await simulatedTerraform(),
    };
  }
}

/** Terraform's words for a registry that gives no answer, and for a download that breaks off. */
const noWay =
  /could not connect to [^ :]+|could not query provider registry for [^ :]+|while installing [^:]+: (?:Get "[^"]+"|unsuccessful request to [^ :]+)/;

function fromRegistry(): Record<string, string> {
  const cache = join(cacheDir(), "terraform", "real-providers"); // 700 MB, once for all stacks
  mkdirSync(cache, { recursive: true });
  // A shell that is simulated points Terraform to the played ones.
  const config = process.env.SHOESTRING_SIMULATED ? { TF_CLI_CONFIG_FILE: "" } : undefined;
  return { TF_PLUGIN_CACHE_DIR: cache, ...config };
}

function commands(
  program: string,
  env: Readonly<Record<string, string>>,
  initOptions: readonly string[] = [],
): Terraform {
  const run = (folder: string, args: readonly string[], good?: readonly number[]) =>
    runTerraform(program, folder, args, env, good);
  return {
    async init(folder) {
      await run(folder, ["init", "-input=false", ...initOptions]);
    },
    async plan(folder, ...options) {
      const args = ["plan", "-input=false", "-out=plan", "-detailed-exitcode", ...options];
      return (await run(folder, args, [0, 2])).code === 2 ? "changes" : "empty";
    },
    async planned(folder) {
      const { stdout } = await run(folder, ["show", "-json", "plan"]);
      return (JSON.parse(stdout) as { resource_changes?: PlannedChange[] }).resource_changes ?? [];
    },
    async validate(folder) {
      const { stdout } = await run(folder, ["validate", "-json"], [0, 1]);
      return (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics
        .filter(({ severity }) => severity === "error")
        .map(({ summary, snippet }) => ({ summary, block: snippet?.context ?? "" }));
    },
    async applyPlan(folder) {
      await run(folder, ["apply", "-input=false", "plan"]);
    },
    async destroy(folder) {
      await run(folder, ["destroy", "-input=false", "-auto-approve"]);
    },
    async show(folder) {
      const { stdout } = await run(folder, ["show", "-json"]);
      const { values } = JSON.parse(stdout) as {
        values?: { root_module?: { resources?: AppliedResource[] } };
      };
      return { resources: values?.root_module?.resources ?? [] };
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
 * @param good exit codes that are answers, not failures.
 * @throws Problem with its own words for every other code.
 */
export function runTerraform(
  program: string,
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
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
