import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "../lib/problem.ts";
import { parseDocument } from "./documents.ts";
import { RegionFile } from "./region-file.ts";

/** The addresses of a cluster. */
export interface Addresses {
  /** Absent if a command needs only the bucket, as in a workflow. */
  readonly consul?: { readonly url: string; readonly token: string };
  /** The artifacts bucket; empty if nothing names it. */
  readonly bucket: string;
  readonly awsEndpoint?: string | undefined;
}

/**
 * The addresses of a cluster: from the environment variables that `consul` and `aws` use;
 * otherwise, for the cluster `local`, from the file that `local up` wrote.
 *
 * @throws Problem that says what to set.
 */
export const addressesOf = (cluster: string, env: NodeJS.ProcessEnv): Addresses =>
  fromEnvironment(env) ?? fromRegion(cluster, env);

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

function fromRegion(cluster: string, env: NodeJS.ProcessEnv): Addresses {
  const path = join(env.SHOESTRING_REGION ?? ".local", "region.json");
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

/** The error for a command that must reach a cluster's Consul but knows only its bucket. */
export const needsConsul = (cluster: string) =>
  nothingSays(cluster, "set CONSUL_HTTP_ADDR and CONSUL_HTTP_TOKEN");

const nothingSays = (cluster: string, next: string, cause?: unknown) =>
  new Problem({
    happened: `nothing says where the cluster ${cluster} answers`,
    unchanged: "nothing was read or written",
    next,
    cause,
  });
