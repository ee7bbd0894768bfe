/** Where a secret is, in place of its value: what a variable's value says. */
export interface SecretReference {
  readonly store: "ssm" | "secretsmanager";
  /** Name of the parameter or of the secret. */
  readonly name: string;
  /** The field of a secret that is JSON; without it the whole secret is the value. */
  readonly field?: string;
}

/** Whether a value is meant as a reference, a whole one or not. */
export const isMeantAsReference = (value: string) => /^(ssm|secretsmanager):/.test(value);

/** How a reference is written, for an error. */
export const referenceForm =
  '"ssm:/<path>" or "secretsmanager:<name>", and "#<field>" behind it for one field of JSON';

/**
 * Reads a reference: `ssm:/<path>` or `secretsmanager:<name>`, each with `#<field>` behind it for
 * one field of a secret that is JSON. No name at AWS has a `#`, so the form says one thing only.
 *
 * @returns undefined for a value that is no whole reference.
 */
export function parseSecretReference(value: string): SecretReference | undefined {
  const [, store, name = "", field] = reference.exec(value) ?? [];
  if (store !== "ssm" && store !== "secretsmanager") return undefined;
  return { store, name, ...(field === undefined ? {} : { field }) };
}

const reference = /^(ssm(?=:\/)|secretsmanager):([^#\s]+)(?:#([^#\s]+))?$/;
