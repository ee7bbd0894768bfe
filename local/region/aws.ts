import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { nodeHttp } from "../../lib/http.ts";
import { gateway } from "../host/addresses.ts";
import { assertRunning, ensureProcess, logPath, stopProcess } from "../host/processes.ts";
import type { Region } from "../host/region.ts";
import { waitFor } from "../host/wait.ts";
import type { RegionState } from "./state.ts";

export const motoName = "moto";
export const awsRegion = "eu-central-1";
const motoPort = 5000;

export const awsEndpoint = (state: RegionState) => `http://${gateway(state.subnet)}:${motoPort}`;

/** Environment variables with which the ordinary SDK reaches the simulated AWS. */
export const awsEnvironment = (state: RegionState): Record<string, string> => ({
  AWS_ENDPOINT_URL: awsEndpoint(state),
  AWS_REGION: awsRegion,
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
});

/** Starts the server that simulates AWS, in memory, on the bridge's address only. */
export async function startMoto(region: Region, state: RegionState, binary: string): Promise<void> {
  await ensureProcess(region, {
    name: motoName,
    command: [binary, "-H", gateway(state.subnet), "-p", String(motoPort)],
    env: { PYTHONUNBUFFERED: "1" },
  });
}

/** Stops the simulated AWS. What it held is gone: objects, queues, parameters. */
export const stopMoto = (region: Region) => stopProcess(region, motoName, { graceSeconds: 0 });

export async function motoReady(
  region: Region,
  state: RegionState,
  log: (line: string) => void,
): Promise<void> {
  const http = nodeHttp();
  await waitFor(
    async () => {
      assertRunning(region, motoName);
      const url = `${awsEndpoint(state)}/moto-api/`;
      const answer = await http({ method: "GET", url, timeoutMs: 5000 });
      return answer.status === 200 ? true : undefined;
    },
    {
      what: "the simulated AWS",
      seconds: 60,
      next: `read its log: ${logPath(region, motoName)}`,
      log,
    },
  );
}

/**
 * Creates in the simulated AWS what Terraform applied: the artifacts' bucket, which notifies the
 * announce queue of each upload. Creates also what operators add by hand: the agents' Consul tokens
 * as SecureString parameters. All calls may be repeated.
 *
 * @param tokens keyed by the parameter's name.
 * @returns the announce queue's URL.
 */
export async function ensureAwsResources(
  state: RegionState,
  tokens: Readonly<Record<string, string>>,
): Promise<{ queueUrl: string }> {
  const access = {
    endpoint: awsEndpoint(state),
    region: awsRegion,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  };
  const s3 = new S3Client({ ...access, forcePathStyle: true });
  const sqs = new SQSClient(access);
  const ssm = new SSMClient(access);
  const { artifactsBucket, queue: queueName, deadLetters, notificationSuffix } = state.blueprint;

  const parameters = Object.entries(tokens).map(([Name, Value]) =>
    ssm.send(new PutParameterCommand({ Name, Value, Type: "SecureString", Overwrite: true })),
  );
  const dead = await sqs.send(new CreateQueueCommand({ QueueName: deadLetters }));
  const queue = await sqs.send(
    new CreateQueueCommand({
      QueueName: queueName,
      Attributes: {
        // Shorter than applied: a poison message reaches the dead-letter queue in 15 s, not in 15
        // minutes. That is still longer than the function takes here.
        VisibilityTimeout: "5",
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: await queueArn(sqs, dead.QueueUrl as string),
          maxReceiveCount: 3,
        }),
      },
    }),
  );
  const queueUrl = queue.QueueUrl as string;
  await s3
    .send(
      new CreateBucketCommand({
        Bucket: artifactsBucket,
        CreateBucketConfiguration: { LocationConstraint: awsRegion },
      }),
    )
    .catch((error: Error) => {
      if (error.name !== "BucketAlreadyOwnedByYou" && error.name !== "BucketAlreadyExists") {
        throw error;
      }
    });
  await s3.send(
    new PutBucketVersioningCommand({
      Bucket: artifactsBucket,
      VersioningConfiguration: { Status: "Enabled" },
    }),
  );
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: artifactsBucket,
      NotificationConfiguration: {
        QueueConfigurations: [
          {
            QueueArn: await queueArn(sqs, queueUrl),
            Events: ["s3:ObjectCreated:*"],
            Filter: { Key: { FilterRules: [{ Name: "suffix", Value: notificationSuffix }] } },
          },
        ],
      },
    }),
  );
  await Promise.all(parameters);
  for (const client of [s3, sqs, ssm]) client.destroy();
  return { queueUrl };
}

async function queueArn(sqs: SQSClient, QueueUrl: string): Promise<string> {
  const answer = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
  );
  return answer.Attributes?.QueueArn as string;
}
