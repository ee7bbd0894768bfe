import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { type Consul, consulOverHttp } from "../protocol/consul.ts";
import { parseDocument } from "../protocol/documents.ts";
import { nodeHttp } from "../protocol/http.ts";
import { Problem } from "../protocol/problem.ts";
import { RegionFile } from "../protocol/region-file.ts";
import { type Artifacts, s3Artifacts } from "./artifacts.ts";
import type { Context } from "./context.ts";
import { tracingOf } from "./trace/collector.ts";

/** Where a cluster answers. */
interface Addresses {
  /** Absent where a command needs only the bucket, as in a workflow. */
  readonly consul?: { readonly url: string; readonly token: string };
  readonly bucket: string;
  readonly awsEndpoint?: string | undefined;
}

/**
 * Connects to a cluster: by the environment (as `consul` and `aws` do it), else, for the cluster
 * `local`, by what `local up` wrote. What is not known is said by the command that needs it, as a
 * Problem that says what to set: some need less than others, and `release build` nothing.
 */
export function connect(cluster: string): Context {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  return {
    cluster,
    ...reached(cluster),
    by: process.env.SHOESTRING_BY ?? userName(),
    now: () => new Date(),
    newId: () => randomUUID().slice(0, 8),
    tracing: tracingOf(process.env, say),
    out: (line) => void process.stdout.write(`${line}\n`),
    say,
  };
}

function reached(cluster: string): Pick<Context, "consul" | "artifacts"> {
  let addresses: Addresses;
  try {
    addresses = fromEnvironment(process.env) ?? fromRegion(cluster);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { consul: noConsul(error), artifacts: noArtifacts(error) };
  }
  const { consul, bucket, awsEndpoint } = addresses;
  const needsConsul = nothingSays(cluster, "set CONSUL_HTTP_ADDR and CONSUL_HTTP_TOKEN");
  return {
    consul: consul ? consulOverHttp({ ...consul, http: nodeHttp() }) : noConsul(needsConsul),
    artifacts: s3Artifacts({
      bucket,
      endpoint: awsEndpoint,
      region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? "us-east-1",
      ...(awsEndpoint && !hasCredentials(process.env) ? { credentials: anyCredentials } : {}),
    }),
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

function fromEnvironment(env: NodeJS.ProcessEnv): Addresses | undefined {
  const { CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN, SHOESTRING_ARTIFACTS_BUCKET } = env;
  if (!CONSUL_HTTP_ADDR && !SHOESTRING_ARTIFACTS_BUCKET) return undefined;
  return {
    ...(CONSUL_HTTP_ADDR
      ? { consul: { url: withScheme(CONSUL_HTTP_ADDR), token: CONSUL_HTTP_TOKEN ?? "" } }
      : {}),
    bucket: SHOESTRING_ARTIFACTS_BUCKET ?? "",
    awsEndpoint: env.AWS_ENDPOINT_URL,
  };
}

const withScheme = (address: string) => (/^https?:/.test(address) ? address : `http://${address}`);

function fromRegion(cluster: string): Addresses {
  const path = join(process.env.SHOESTRING_REGION ?? ".local", "region.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const next =
      cluster === "local"
        ? "bring it up with: shoestring local up"
        : "set CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN and SHOESTRING_ARTIFACTS_BUCKET";
    throw nothingSays(cluster, next, cause);
  }
  const region = parseDocument(RegionFile, path, text);
  if (region.cluster !== cluster) {
    throw new Problem({
      happened: `the region in ${path} is the cluster ${region.cluster}, not ${cluster}`,
      unchanged: "nothing was read or written",
      next: "set CONSUL_HTTP_ADDR and CONSUL_HTTP_TOKEN for another cluster",
    });
  }
  return {
    consul: { url: region.consulUrl, token: region.operatorToken },
    bucket: region.artifactsBucket,
    awsEndpoint: region.awsEndpoint,
  };
}

const nothingSays = (cluster: string, next: string, cause?: unknown) =>
  new Problem({
    happened: `nothing says where the cluster ${cluster} answers`,
    unchanged: "nothing was read or written",
    next,
    cause,
  });

const rejecting = (problem: Problem) => (): Promise<never> => Promise.reject(problem);

function noConsul(problem: Problem): Consul {
  const rejects = rejecting(problem);
  return {
    get: rejects,
    list: rejects,
    write: rejects,
    createSession: rejects,
    renewSession: rejects,
    destroySession: rejects,
    serviceNodes: rejects,
    registerService: rejects,
  };
}

function noArtifacts(problem: Problem): Artifacts {
  const rejects = rejecting(problem);
  return { bucket: "", put: rejects, list: rejects, head: rejects };
}
