import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Terraform, terraformBy } from "../../terraform/terraform.ts";
import { cacheDir } from "../../tools/cache.ts";
import { ensureTerraform } from "../../tools/terraform.ts";
import { installProviders } from "../simulated-provider/install.ts";

/** Terraform with simulated providers: what it makes is in its state, and nowhere else. */
export interface SimulatedTerraform extends Terraform {
  /** The terraform that is run. */
  readonly program: string;
  /** What a shell needs to run terraform or cdktf the same way. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Installs the simulated providers where they are not, and gives a Terraform that uses them.
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
  return { program, env, ...terraformBy(program, env) };
}

/**
 * A Terraform that says whether a stack is valid: with the real providers where this machine can
 * install them, else with the simulated ones. Neither needs credentials.
 *
 * @param stackFolder a stack to find out with.
 * @param env what Terraform installs the real ones with. @default into the cache, from the registry
 * @returns which providers it has; and where they are simulated, why.
 * @throws Problem where the stack cannot be prepared for another reason than the way to the registry.
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

/** Terraform's words for a registry that gives no answer, and for a download that breaks off. */
const noWay =
  /could not connect to [^ :]+|could not query provider registry for [^ :]+|while installing [^:]+: (?:Get "[^"]+"|unsuccessful request to [^ :]+)/;

function fromRegistry(): Record<string, string> {
  const cache = join(cacheDir(), "terraform", "real-providers"); // 700 MB, once for all stacks
  mkdirSync(cache, { recursive: true });
  // A shell that is simulated points Terraform to the simulated ones.
  const config = process.env.SHOESTRING_SIMULATED ? { TF_CLI_CONFIG_FILE: "" } : undefined;
  return { TF_PLUGIN_CACHE_DIR: cache, ...config };
}
