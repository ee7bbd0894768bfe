import { Problem } from "../../lib/problem.ts";
import {
  parseSecretReference,
  referenceForm,
  type SecretReference,
} from "../../protocol/secret-reference.ts";
import { type SdkBounds, sdkBounds } from "./sdk-bounds.ts";
import { fieldOf } from "./secret-field.ts";

/** Reads a whole secret. */
export type ReadSecret = (where: SecretReference) => Promise<string | undefined>;

/**
 * Reads secrets by their references. Fields of one secret come from one read, so that a rotation
 * cannot give the user name of one version and the password of the next.
 *
 * @returns the values by reference, for the caller and nobody else.
 * @throws Problem that names the reference.
 */
export async function readSecrets(
  references: readonly string[],
  read: ReadSecret = fromAws(),
): Promise<Record<string, string>> {
  const reads = new Map<string, Promise<string>>();
  const readOnce = (reference: string, where: SecretReference) => {
    const key = `${where.store}:${where.name}`;
    const text = reads.get(key) ?? readWhole(reference, where, read);
    reads.set(key, text);
    return text;
  };
  const values = references.map(async (reference) => {
    const where = parseSecretReference(reference);
    if (where === undefined) throw noReference(reference);
    const text = await readOnce(reference, where);
    const { field } = where;
    return [reference, field === undefined ? text : fieldOf(reference, field, text)] as const;
  });
  return Object.fromEntries(await Promise.all(values));
}

/** Reads one secret. */
export async function readSecret(reference: string, bounds = sdkBounds): Promise<string> {
  const values = await readSecrets([reference], fromAws(bounds));
  return values[reference] as string;
}

async function readWhole(
  reference: string,
  where: SecretReference,
  read: ReadSecret,
): Promise<string> {
  try {
    const value = await read(where);
    if (value === undefined) throw new Error("it has no text value");
    return value;
  } catch (cause) {
    throw new Problem({
      happened: `the secret ${reference} cannot be read: ${(cause as Error).name}`,
      unchanged: "every process keeps its environment",
      next: "see whether it exists and the instance's role may read it",
    });
  }
}

const fromAws =
  (bounds = sdkBounds): ReadSecret =>
  ({ store, name }) =>
    store === "ssm" ? parameter(name, bounds) : secret(name, bounds);

async function parameter(name: string, bounds: SdkBounds): Promise<string | undefined> {
  const { SSMClient, GetParameterCommand } = await import("@aws-sdk/client-ssm");
  const command = new GetParameterCommand({ Name: name, WithDecryption: true });
  return (await new SSMClient(bounds).send(command)).Parameter?.Value;
}

async function secret(id: string, bounds: SdkBounds): Promise<string | undefined> {
  const sdk = await import("@aws-sdk/client-secrets-manager");
  const command = new sdk.GetSecretValueCommand({ SecretId: id });
  return (await new sdk.SecretsManagerClient(bounds).send(command)).SecretString;
}

const noReference = (reference: string) =>
  new Problem({
    happened: `${reference} is no reference to a secret`,
    unchanged: "every process keeps its environment",
    next: `correct the variable that has it as its value: ${referenceForm}`,
  });
