import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cached } from "./cache.ts";
import { stream } from "./stream.ts";

const requirements = (name: string) =>
  fileURLToPath(new URL(`./${name}-requirements.txt`, import.meta.url));

/** A cache name that changes with the requirements. */
function keyOf(name: string): string {
  const hash = createHash("sha256")
    .update(readFileSync(requirements(name)))
    .digest("hex");
  return join("python", `${name}-${hash.slice(0, 12)}`);
}

const next = "see that Python 3.11 or newer with pip is installed: python3 -m pip --version";

/** The program that simulates AWS. */
export const ensureMoto = (log: (line: string) => void) =>
  ensureProgram("moto", "moto_server", "which simulates AWS locally", log);

/** The program that checks Terraform's JSON for known insecure settings. */
export const ensureCheckov = (log: (line: string) => void) =>
  ensureProgram("checkov", "checkov", "which reads what would be made at AWS", log);

/** The programs that judge what AWS takes: cfn-lint, and parliament beside it in the same folder. */
export const ensureReferee = (log: (line: string) => void) =>
  ensureProgram("referee", "cfn-lint", "which knows what AWS takes, with parliament", log);

/** The program that finds security weaknesses in GitHub's workflows. */
export const ensureZizmor = (log: (line: string) => void) =>
  ensureProgram("zizmor", "zizmor", "which checks GitHub's workflows", log);

/** The linter of the image's playbook. */
export const ensureAnsibleLint = (log: (line: string) => void) =>
  ensureProgram("ansible-lint", "ansible-lint", "which checks the image's playbook", log);

/**
 * Installs a program of a Python package in a virtual environment of its own.
 *
 * @param what the reason for the installation, for people.
 */
async function ensureProgram(
  name: string,
  program: string,
  what: string,
  log: (line: string) => void,
): Promise<string> {
  // Built in its final place: a virtual environment does not survive a rename.
  const folder = await cached(`${keyOf(name)}-done`, async (mark) => {
    log(`${name}, ${what}, is installed into a virtual environment, once`);
    const venv = mark.slice(0, mark.indexOf("-done"));
    await stream("python3", ["-m", "venv", "--clear", venv], {
      next: "apt-get install python3-venv",
    });
    await stream(
      join(venv, "bin", "pip"),
      ["install", "--quiet", "--no-compile", "-r", requirements(name)],
      { stillRunning: (seconds) => log(`${name}: ${seconds} s`), next },
    );
    await stream("touch", [mark], { next });
  });
  return join(folder.slice(0, folder.indexOf("-done")), "bin", program);
}

/**
 * Ansible for the image's Python, not for this machine's: the image runs the playbook itself, with
 * this folder mounted into it, and keeps nothing of Ansible.
 *
 * @param python version of the image's Python, like "3.13".
 */
export function ensureAnsible(python: string, log: (line: string) => void): Promise<string> {
  return cached(`${keyOf("ansible")}-${python}`, async (path) => {
    log("Ansible, which makes the image, is downloaded, once");
    await stream(
      "python3",
      ["-m", "pip", "install", "--quiet", "--target", path, "--python-version", python].concat([
        "--only-binary=:all:",
        "--implementation",
        "cp",
        "-r",
        requirements("ansible"),
      ]),
      { stillRunning: (seconds) => log(`Ansible: ${seconds} s`), next },
    );
  });
}
