import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Terraform, terraformBy } from "../../terraform/terraform.ts";
import { cacheDir } from "../../tools/cache.ts";
import { ensureTerraform } from "../../tools/terraform.ts";
import { installProviders } from "../simulated-provider/install.ts";
import { stackTypes } from "./stack-types.ts";

/** Terraform with simulated providers: its resources exist only in its state. */
export interface SimulatedTerraform extends Terraform {
  /** The terraform that is run. */
  readonly program: string;
  /** Environment variables with which a shell runs terraform or cdktf the same way. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Installs the simulated providers if they are missing, and returns a Terraform that uses them.
 *
 * @param namesFile where stacks and runs share the names of their objects. @default each run has its own
 * @throws Problem with terraform's own words, if it is missing or fails.
 */
export async function simulatedTerraform(
  log?: (line: string) => void,
  namesFile?: string,
): Promise<SimulatedTerraform> {
  const [program, installed] = await Promise.all([
    ensureTerraform(log),
    installProviders(join(cacheDir(), "terraform")),
  ]);
  // This variable leads cdktf to a terraform that is not on PATH.
  const found = program === "terraform" ? {} : { TERRAFORM_BINARY_NAME: program };
  const names = namesFile === undefined ? {} : { SHOESTRING_SIMULATED_NAMES: namesFile };
  const env = { ...installed.env, ...found, ...reconfigured, ...names };
  const withTypes = (folder: string) => ({ ...env, ...onlyTypes(stackTypes(folder)) });
  return { program, env, ...terraformBy(program, withTypes) };
}

/**
 * Each command of Terraform reads the schemas of all types of a provider, 2,200 for AWS. With those
 * of one stack a plan takes half of the time.
 */
const onlyTypes = (types: readonly string[] | undefined): Readonly<Record<string, string>> =>
  types === undefined ? {} : { SHOESTRING_PROVIDER_TYPES: types.join() };

/**
 * A simulated stack's state lies where its checkout does, and was copied or moved with it: `init`
 * takes the path as it is now, and does not ask what became of the former one.
 */
const reconfigured = { TF_CLI_ARGS_init: "-reconfigure" };

/**
 * Returns a Terraform that validates stacks: with the real providers if this machine can install
 * them, else with the simulated ones. Neither needs credentials.
 *
 * @param stackFolder a stack to try with.
 * @param env for Terraform's install of the real ones. @default into the cache, from the registry
 * @returns the kind of its providers; and if they are simulated, the reason.
 * @throws Problem if the stack cannot be prepared for a reason other than the registry's network.
 */
export async function validatingTerraform(
  stackFolder: string,
  env = fromRegistry(),
): Promise<{ readonly providers: string; readonly terraform: Terraform }> {
  const real = terraformBy(await ensureTerraform(), env, ["-backend=false"]);
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

/** Terraform's errors for a registry that does not answer, and for a download that breaks off. */
const noWay =
  /could not connect to [^ :]+|could not query provider registry for [^ :]+|while installing [^:]+: (?:Get "[^"]+"|unsuccessful request to [^ :]+)/;

function fromRegistry(): Record<string, string> {
  const cache = join(cacheDir(), "terraform", "real-providers"); // 700 MB, once for all stacks
  mkdirSync(cache, { recursive: true });
  // A simulated shell points Terraform to the simulated providers.
  const config = process.env.SHOESTRING_SIMULATED ? { TF_CLI_CONFIG_FILE: "" } : undefined;
  return { TF_PLUGIN_CACHE_DIR: cache, ...config };
}
