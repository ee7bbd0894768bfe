import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { consulOverHttp } from "../protocol/consul.ts";
import { parseDocument } from "../protocol/documents.ts";
import { nodeHttp } from "../protocol/http.ts";
import { Problem } from "../protocol/problem.ts";
import { RegionFile } from "../protocol/region-file.ts";
import { RepositoryUrl } from "../protocol/releases.ts";
import { s3Artifacts } from "./artifacts.ts";
import type { Context } from "./context.ts";
import { tellBuild } from "./tell-build.ts";

/** Where a cluster answers. */
interface Addresses {
  readonly consulUrl: string;
  readonly consulToken: string;
  readonly bucket: string;
  readonly awsEndpoint?: string | undefined;
}

/**
 * Connects to a cluster: by the environment (as `consul` and `aws` do it), else, for the cluster
 * `local`, by what `local up` wrote.
 *
 * @throws Problem that says what to set.
 */
export function connect(cluster: string): Context {
  const { consulUrl, consulToken, bucket, awsEndpoint } =
    fromEnvironment(process.env) ?? fromRegion(cluster);
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
    repository: repositoryOf(process.env),
    tellBuild: tellBuild(process.env, http, say),
    now: () => new Date(),
    newId: () => randomUUID().slice(0, 8),
    out: (line) => void process.stdout.write(`${line}\n`),
    say,
  };
}

/** What plays S3 takes any credentials, but the SDK sends nothing without some. */
const anyCredentials = { accessKeyId: "local", secretAccessKey: "local" };

const hasCredentials = ({ AWS_ACCESS_KEY_ID, AWS_PROFILE }: NodeJS.ProcessEnv) =>
  Boolean(AWS_ACCESS_KEY_ID || AWS_PROFILE);

/** As GitHub tells a workflow; its own page, not one that a checkout may name. */
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

function fromEnvironment(env: NodeJS.ProcessEnv): Addresses | undefined {
  const { CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN, SHOESTRING_ARTIFACTS_BUCKET } = env;
  if (!CONSUL_HTTP_ADDR) return undefined;
  return {
    consulUrl: /^https?:/.test(CONSUL_HTTP_ADDR) ? CONSUL_HTTP_ADDR : `http://${CONSUL_HTTP_ADDR}`,
    consulToken: CONSUL_HTTP_TOKEN ?? "",
    bucket: SHOESTRING_ARTIFACTS_BUCKET ?? "",
    awsEndpoint: env.AWS_ENDPOINT_URL,
  };
}

function fromRegion(cluster: string): Addresses {
  const path = join(process.env.SHOESTRING_REGION ?? ".local", "region.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Problem({
      happened: `nothing says where the cluster ${cluster} answers`,
      unchanged: "nothing was read or written",
      next:
        cluster === "local"
          ? "bring it up with: shoestring local up"
          : "set CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN and SHOESTRING_ARTIFACTS_BUCKET",
      cause,
    });
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
    consulUrl: region.consulUrl,
    consulToken: region.operatorToken,
    bucket: region.artifactsBucket,
    awsEndpoint: region.awsEndpoint,
  };
}
