import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import type { Consul } from "../lib/consul.ts";
import { ConsulHttp } from "../lib/consul-http.ts";
import { nodeHttp } from "../lib/http.ts";
import { Problem } from "../lib/problem.ts";
import { type Addresses, addressesOf, needsConsul } from "../protocol/addresses.ts";
import { RepositoryUrl } from "../protocol/releases.ts";
import type { Context } from "./core/context.ts";
import { type Artifacts, s3Artifacts } from "./releases/artifacts.ts";
import { notifyBuild } from "./releases/notify-build.ts";
import { tracingOf } from "./trace/collector.ts";

/** The exit code that shells report for a program that ended by Ctrl-C. */
const interrupted = 130;

/**
 * Connects to a cluster: by the environment, as `consul` and `aws` do, else, for the cluster
 * `local`, by the file that `local up` wrote. A missing variable fails only the command that needs
 * it, with a Problem that names it: some commands need less than others, and `release build`
 * nothing.
 */
export function connect(cluster: string): Context {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  return {
    cluster,
    ...reached(cluster),
    by: process.env.SHOESTRING_BY ?? userName(),
    repository: repositoryOf(process.env),
    notifyBuild: notifyBuild(process.env, nodeHttp(), say),
    now: () => new Date(),
    newId: () => randomUUID().slice(0, 8),
    tracing: tracingOf(process.env, say),
    onInterrupt(act) {
      const end = () => {
        act();
        process.exit(interrupted);
      };
      process.once("SIGINT", end);
      return () => void process.off("SIGINT", end);
    },
    out: (line) => void process.stdout.write(`${line}\n`),
    say,
  };
}

function reached(cluster: string): Pick<Context, "consul" | "artifacts"> {
  let addresses: Addresses;
  try {
    addresses = addressesOf(cluster, process.env);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { consul: noConsul(error), artifacts: noArtifacts(error) };
  }
  const { consul, bucket, awsEndpoint } = addresses;
  return {
    consul: consul
      ? new ConsulHttp({ ...consul, http: nodeHttp() })
      : noConsul(needsConsul(cluster)),
    artifacts: s3Artifacts({
      bucket,
      endpoint: awsEndpoint,
      region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? "us-east-1",
      ...(awsEndpoint && !hasCredentials(process.env) ? { credentials: anyCredentials } : {}),
    }),
  };
}

/** The simulated S3 takes any credentials, but the SDK sends nothing without some. */
const anyCredentials = { accessKeyId: "local", secretAccessKey: "local" };

const hasCredentials = ({ AWS_ACCESS_KEY_ID, AWS_PROFILE }: NodeJS.ProcessEnv) =>
  Boolean(AWS_ACCESS_KEY_ID || AWS_PROFILE);

function repositoryOf({ GITHUB_SERVER_URL, GITHUB_REPOSITORY }: NodeJS.ProcessEnv) {
  return RepositoryUrl.safeParse(`${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`).data;
}

/** A container may run as a user id that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? "unknown";
  }
}

const rejecting = (problem: Problem) => (): Promise<never> => Promise.reject(problem);

function noConsul(problem: Problem): Consul {
  const rejects = rejecting(problem);
  return {
    get: rejects,
    list: rejects,
    names: rejects,
    write: rejects,
    createSession: rejects,
    renewSession: rejects,
    destroySession: rejects,
    serviceInstances: rejects,
    registerService: rejects,
    deregisterService: rejects,
  };
}

function noArtifacts(problem: Problem): Artifacts {
  const rejects = rejecting(problem);
  return { bucket: "", put: rejects, list: rejects, head: rejects };
}
