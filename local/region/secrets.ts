import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { Problem } from "../../lib/problem.ts";
import { parseSecretReference, referenceForm } from "../../protocol/secret-reference.ts";
import { awsRegion } from "./aws.ts";

/**
 * Keeps a secret in the simulated AWS, where the instances' references find it. It is gone with the
 * region.
 *
 * @throws Problem for what is no reference to a whole secret.
 */
export async function keepSecret(
  endpoint: string,
  reference: string,
  value: string,
): Promise<void> {
  const where = parseSecretReference(reference);
  if (where === undefined || where.field !== undefined) {
    throw new Problem({
      happened: `${JSON.stringify(reference)} names no whole secret`,
      unchanged: "nothing was written",
      next: `write it without a field, as in the cluster's file: ${referenceForm}`,
    });
  }
  const { store, name } = where;
  const client = {
    endpoint,
    region: awsRegion,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  };
  if (store === "ssm") {
    const parameter = { Name: name, Value: value, Type: "SecureString", Overwrite: true } as const;
    await new SSMClient(client).send(new PutParameterCommand(parameter));
    return;
  }
  const secrets = new SecretsManagerClient(client);
  try {
    await secrets.send(new CreateSecretCommand({ Name: name, SecretString: value }));
  } catch (error) {
    if ((error as Error).name !== "ResourceExistsException") throw error;
    await secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }));
  }
}
