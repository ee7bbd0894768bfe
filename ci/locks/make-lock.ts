import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { happening, Problem } from "../../lib/problem.ts";
import { type RequiredProvider, requiredProviders } from "../../synth/provider-locks.ts";
import { lockFileName, runTerraform } from "../../terraform/terraform.ts";

export interface MakeLockProps {
  /** The terraform that is run. */
  readonly program: string;
  /** The JSON text of every stack. */
  readonly stacks: Iterable<string>;
  /** The folder for the lock. */
  readonly checkout: string;
  /** The platforms that plan and apply, as Terraform calls them: "linux_amd64". */
  readonly platforms: readonly string[];
  /** More options of `terraform providers lock`. @default none */
  readonly options?: readonly string[];
}

/**
 * Writes the lock of all providers that any stack requires, with the checksums of every platform.
 * It starts without the old lock: Terraform would add to its checksums, and the diff would not show
 * a checksum that changed under the same version.
 *
 * @throws Problem in Terraform's words; then the lock stays as it was.
 */
export async function makeLock(props: MakeLockProps): Promise<void> {
  const { program, stacks, checkout, platforms, options = [] } = props;
  const folder = mkdtempSync(join(tmpdir(), "shoestring-lock-"));
  const [committed, made] = [join(checkout, lockFileName), join(folder, lockFileName)];
  try {
    const required_providers = byName([...stacks].flatMap(requiredProviders));
    const config = { terraform: { required_providers } };
    writeFileSync(join(folder, "main.tf.json"), JSON.stringify(config));
    const each = platforms.map((it) => `-platform=${it}`);
    await runTerraform(program, folder, ["providers", "lock", ...each, ...options], {});
    copyFileSync(made, committed);
  } catch (cause) {
    throw new Problem({
      happened: happening(cause),
      unchanged: `${lockFileName} is as it was`,
      next: "make locks again, where the registry of providers can be reached",
      cause,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** "hashicorp/aws" and "aws" are called aws. */
const byName = (providers: readonly RequiredProvider[]) =>
  Object.fromEntries(providers.map((it) => [it.source.split("/").at(-1) as string, it]));
