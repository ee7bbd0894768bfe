import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../lib/problem.ts";
import { lockFileName } from "../terraform/terraform.ts";

/** A provider that a stack requires: `{"source": "aws", "version": "6.25.0"}`. */
export interface RequiredProvider {
  readonly source: string;
  /** Exact, since the bindings are generated for one version. */
  readonly version: string;
}

/** One provider of a lock file. */
export interface Locked {
  /** With its namespace: "hashicorp/aws". */
  readonly provider: string;
  readonly version: string;
  /** Its block, as Terraform wrote it. */
  readonly text: string;
}

/** Parses the providers of a lock file. */
export const lockedIn = (lock: string): Locked[] =>
  [
    ...lock.matchAll(
      /^provider "(?:[^"/]+\/)?([^"/]+\/[^"/]+)" \{\n\s*version\s*=\s*"([^"]+)".*?^\}/gms,
    ),
  ].map(([text, provider = "", version = ""]) => ({ provider, version, text }));

/** Lists the providers that a synthesised stack requires. */
export function requiredProviders(stackText: string): RequiredProvider[] {
  const { terraform } = JSON.parse(stackText) as {
    terraform: { required_providers?: Readonly<Record<string, RequiredProvider>> };
  };
  return Object.values(terraform.required_providers ?? {});
}

/** First line of a lock that the synth writes beside a stack. */
const header = `# From ${lockFileName} of the checkout, by the synth.`;

/**
 * Writes the lock of its own providers beside each synthesised stack, where `terraform init` looks
 * for it: Terraform refuses a lock with a provider that the stack does not have. Without a
 * committed lock it does nothing.
 *
 * @param outdir has `stacks/<stack>/cdk.tf.json`.
 * @param checkout has the committed lock.
 * @throws Problem for a provider whose version the lock does not have.
 */
export function placeLocks(outdir: string, checkout: string): void {
  const committed = join(checkout, lockFileName);
  if (!existsSync(committed)) return;
  const locked = lockedIn(readFileSync(committed, "utf8"));
  for (const [stack, folder] of stackFolders(outdir)) {
    const required = requiredProviders(readFileSync(join(folder, "cdk.tf.json"), "utf8"));
    writeFileSync(join(folder, lockFileName), lockOf(stack, required, locked));
  }
}

/** Removes the locks that `placeLocks` wrote: simulated providers have other checksums. */
export function removeLocks(outdir: string): void {
  for (const [, folder] of stackFolders(outdir)) {
    const file = join(folder, lockFileName);
    if (existsSync(file) && readFileSync(file, "utf8").startsWith(header)) rmSync(file);
  }
}

const stackFolders = (outdir: string): [stack: string, folder: string][] =>
  readdirSync(join(outdir, "stacks")).map((stack) => [stack, join(outdir, "stacks", stack)]);

function lockOf(
  stack: string,
  required: readonly RequiredProvider[],
  locked: readonly Locked[],
): string {
  const blocks = required.map(({ source, version }) => {
    const provider = source.includes("/") ? source : `hashicorp/${source}`; // Terraform's default
    const known = locked.find((it) => it.provider === provider);
    if (known?.version === version) return known.text;
    throw new Problem({
      happened: `${lockFileName} has ${known ? `${provider} ${known.version}` : `no ${provider}`}, and the stack ${stack} needs ${version}`,
      unchanged: "nothing was planned or applied",
      next: "make locks, then review and commit what it changed",
    });
  });
  return `${header}\n\n${blocks.join("\n\n")}\n`;
}
