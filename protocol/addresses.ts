import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "./documents.ts";
import { Problem } from "./problem.ts";
import { RegionFile } from "./region-file.ts";

/** Where a cluster answers. */
export interface Addresses {
  readonly consulUrl: string;
  readonly consulToken: string;
  /** The artifacts bucket; empty where nothing says which. */
  readonly bucket: string;
  readonly awsEndpoint?: string | undefined;
}

/**
 * Where a cluster answers: by the environment (as `consul` and `aws` do it), else, for the cluster
 * `local`, by what `local up` wrote.
 *
 * @throws Problem that says what to set.
 */
export const addressesOf = (cluster: string, env: NodeJS.ProcessEnv): Addresses =>
  fromEnvironment(env) ?? fromRegion(cluster, env);

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

function fromRegion(cluster: string, env: NodeJS.ProcessEnv): Addresses {
  const path = join(env.SHOESTRING_REGION ?? ".local", "region.json");
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
