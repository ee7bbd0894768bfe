import { HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { ConsulHttp } from "../../lib/consul-http.ts";
import { nodeHttp } from "../../lib/http.ts";
import type { AnnounceDeps } from "./announce.ts";
import { type Collector, collectorAt } from "./collector.ts";
import { type Log, type PartialResponse, type QueueEvent, respond } from "./respond.ts";
import type { ObjectHead, Upload } from "./upload.ts";

/**
 * The Lambda function `announce`. Environment: `CONSUL_URL`; `CONSUL_TOKEN` as a reference
 * `ssm:<parameter>`, read with the function's role; `CLUSTER`; and `TRACE`, the target of its
 * traces.
 */
export async function handler(event: QueueEvent): Promise<PartialResponse> {
  effects ??= wire();
  // Retries after a failed start, for example with a parameter that does not exist yet.
  effects.catch(() => {
    effects = undefined;
  });
  const response = await respond(await effects, log, event);
  // The token may have been replaced since it was read: the next event reads it again.
  if (response.batchItemFailures.length > 0) effects = undefined;
  await collector?.flush();
  return response;
}

/** Kept between invocations of one Lambda environment, like connections. */
let effects: Promise<AnnounceDeps> | undefined;
let collector: Collector | undefined;
const http = nodeHttp();

async function wire(): Promise<AnnounceDeps> {
  const { CONSUL_URL, CONSUL_TOKEN, AWS_ENDPOINT_URL, CLUSTER, TRACE } = process.env;
  const s3 = new S3Client({ forcePathStyle: AWS_ENDPOINT_URL !== undefined });
  const url = required("CONSUL_URL", CONSUL_URL);
  const token = await readParameter(required("CONSUL_TOKEN", CONSUL_TOKEN));
  if (TRACE) collector ??= collectorAt(TRACE, readParameter, log);
  const cluster = CLUSTER ?? "";
  return {
    tracing: collector && { cluster, addSpan: collector.add },
    consul: new ConsulHttp({ url, token, http }),
    head: (upload) => headObject(s3, upload),
    now: () => new Date(),
  };
}

async function headObject(s3: S3Client, { bucket, key, versionId }: Upload): Promise<ObjectHead> {
  const version = versionId === undefined ? {} : { VersionId: versionId };
  const answer = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ...version }));
  const { Metadata = {}, ContentLength = 0, VersionId, LastModified } = answer;
  // Without versions a release could change under its name.
  return {
    versionId: required(`versioning of ${bucket}`, VersionId),
    metadata: Metadata,
    size: ContentLength,
    uploadedAt: required(`time of ${key}`, LastModified),
  };
}

async function readParameter(reference: string): Promise<string> {
  if (!reference.startsWith("ssm:")) throw new Error("a reference is not of the form ssm:<path>");
  const Name = reference.slice("ssm:".length);
  const answer = await new SSMClient({}).send(
    new GetParameterCommand({ Name, WithDecryption: true }),
  );
  return required(reference, answer.Parameter?.Value);
}

function required<T>(name: string, value: T | undefined): T {
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const log: Log = (event, fields) =>
  console.log(JSON.stringify({ time: new Date().toISOString(), event, ...fields }));
