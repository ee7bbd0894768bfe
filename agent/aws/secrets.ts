import { Problem } from "../../lib/problem.ts";
import { type SdkBounds, sdkBounds } from "./sdk-bounds.ts";

/** Reads one secret; its value goes to the caller and nowhere else. */
export async function readSecret(reference: string, bounds = sdkBounds): Promise<string> {
  const colon = reference.indexOf(":");
  const name = reference.slice(colon + 1);
  try {
    const value = reference.startsWith("ssm:")
      ? await parameter(name, bounds)
      : await secret(name, bounds);
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
