import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { addressesOf } from "../protocol/addresses.ts";
import { consulOverHttp } from "../protocol/consul.ts";
import { nodeHttp } from "../protocol/http.ts";
import { s3Artifacts } from "./artifacts.ts";
import type { Context } from "./context.ts";
import { tracingOf } from "./trace/collector.ts";

/**
 * Connects to a cluster.
 *
 * @throws Problem that says what to set.
 */
export function connect(cluster: string): Context {
  const { consulUrl, consulToken, bucket, awsEndpoint } = addressesOf(cluster, process.env);
  const http = nodeHttp();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  return {
    cluster,
    consul: consulOverHttp({ url: consulUrl, token: consulToken, http }),
    artifacts: s3Artifacts({
      bucket,
      endpoint: awsEndpoint,
      region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? "us-east-1",
      ...(awsEndpoint && !hasCredentials(process.env) ? { credentials: anyCredentials } : {}),
    }),
    by: process.env.SHOESTRING_BY ?? userName(),
    now: () => new Date(),
    newId: () => randomUUID().slice(0, 8),
    tracing: tracingOf(process.env, say),
    out: (line) => void process.stdout.write(`${line}\n`),
    say,
  };
}

/** What plays S3 takes any credentials, but the SDK sends nothing without some. */
const anyCredentials = { accessKeyId: "local", secretAccessKey: "local" };

const hasCredentials = ({ AWS_ACCESS_KEY_ID, AWS_PROFILE }: NodeJS.ProcessEnv) =>
  Boolean(AWS_ACCESS_KEY_ID || AWS_PROFILE);

/** A container may run as a user id that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? "unknown";
  }
}
