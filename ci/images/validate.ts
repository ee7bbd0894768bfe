import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Problem } from "../../lib/problem.ts";
import { noPacker, packerVersion } from "../../tools/packer.ts";
import { isAtLeast } from "../../tools/versions.ts";

/** From here on plugins are apart from Packer, and templates name them. */
const withPlugins = [1, 7] as const;

/** What a Packer before plugins does not know: tests read these from the template instead. */
const laterArguments =
  /^ *(metadata_options \{[^}]*\}|imds_support *=.*|temporary_security_group_source_public_ip *=.*)\n/gm;

/**
 * Checks the format of templates and validates them, offline with Debian's Packer 1.6.6; a newer one
 * downloads its plugins first.
 *
 * @param checkout has `packer/`, and the playbooks that it names.
 * @param variables values of all variables.
 * @returns the version that checked.
 * @throws Problem with what Packer says; or where there is no Packer.
 */
export async function validate(checkout: string, variables: object): Promise<string> {
  const version = await packerVersion();
  if (version === undefined) throw noPacker();
  const work = mkdtempSync(join(tmpdir(), "shoestring-packer-"));
  try {
    await packer(work, checkout, ["fmt", "-check", "-diff", "packer"], "packer fmt packer");
    const values = join(work, "values.pkrvars.json");
    writeFileSync(values, JSON.stringify(variables));
    const templates = isAtLeast(version, withPlugins) ? "packer" : join(work, "templates");
    if (templates === "packer")
      await packer(work, checkout, ["init", "packer"], "packer init packer");
    else writeForOld(join(checkout, "packer"), templates);
    const next = "mend the line of packer/ that it names, then: make image-check";
    await packer(work, checkout, ["validate", `-var-file=${values}`, templates], next);
    return version;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Templates without what 1.6.6 does not know. */
function writeForOld(templates: string, folder: string): void {
  cpSync(templates, folder, {
    recursive: true,
    filter: (path) => path === templates || (path.endsWith(".hcl") && !path.includes("plugins")),
  });
  const source = join(folder, "source.pkr.hcl");
  writeFileSync(source, readFileSync(source, "utf8").replaceAll(laterArguments, ""));
}

async function packer(
  work: string,
  checkout: string,
  args: readonly string[],
  next: string,
): Promise<void> {
  const env = {
    ...process.env,
    PATH: `${programsIn(work)}:${process.env.PATH}`,
    CHECKPOINT_DISABLE: "1", // asks nobody for a newer version
    PACKER_CONFIG_DIR: process.env.PACKER_CONFIG_DIR ?? work,
  };
  await promisify(execFile)("packer", [...args], { cwd: checkout, env }).catch(
    (cause: Error & { readonly stdout?: string; readonly stderr?: string }) => {
      const said = `${cause.stdout ?? ""}${cause.stderr ?? ""}`.trim() || cause.message;
      throw new Problem({
        happened: `packer ${args[0]} failed:\n${said}`,
        unchanged: "nothing was built",
        next,
        cause,
      });
    },
  );
}

/** Validating asks ansible-playbook for its version and plays nothing: this one answers. */
function programsIn(work: string): string {
  const folder = join(work, "bin");
  mkdirSync(folder, { recursive: true });
  const answer = '#!/bin/sh\necho "ansible-playbook [core 2.19.0]"\n';
  writeFileSync(join(folder, "ansible-playbook"), answer, { mode: 0o755 });
  return folder;
}
