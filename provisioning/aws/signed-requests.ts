import { S3Client } from "@aws-sdk/client-s3";
import { SignatureV4 } from "@smithy/signature-v4";
import { describe, Problem } from "../../lib/problem.ts";
import { Sha256 } from "../../lib/sha256.ts";

/** A request that AWS refused; `code` is AWS's own word, like `NoSuchEntity`. */
export class AwsRefusal extends Problem {
  readonly code: string;
  constructor(what: string, code: string, message: string) {
    super({
      happened: `AWS refused ${what}: ${code} ${message}`.trim(),
      unchanged: "nothing was changed",
      next: "see who you are and what you may do: aws sts get-caller-identity",
    });
    this.code = code;
  }
}

/**
 * Calls of services for which a client of the SDK would be a package each. They read only, are
 * signed with the SDK's own credentials, and give the answer's text.
 */
export interface SignedRequests {
  /** The query protocol: IAM, STS, EC2. The answer is XML. */
  query(service: string, version: string, action: string, params?: Params): Promise<string>;
  /** JSON-RPC: Service Quotas, Budgets. */
  json(service: string, target: string, body: object): Promise<string>;
  /** REST: Route 53, Lambda. */
  get(service: string, path: string): Promise<string>;
}

type Params = Readonly<Record<string, string>>;

/** Services with one endpoint for all regions; their requests are signed for us-east-1. */
const global: ReadonlySet<string> = new Set(["iam", "route53", "budgets"]);

/** @param env may lead a service elsewhere, with the SDK's own `AWS_ENDPOINT_URL`. */
export function signedRequests(region: string, env: NodeJS.ProcessEnv): SignedRequests {
  const { credentials } = new S3Client({ region }).config;
  const send = async (service: string, what: string, request: Request): Promise<string> => {
    const own = `AWS_ENDPOINT_URL_${service.toUpperCase()}`;
    const host = global.has(service)
      ? `${service}.amazonaws.com`
      : `${service}.${region}.amazonaws.com`;
    const url = new URL(env[own] ?? env.AWS_ENDPOINT_URL ?? `https://${host}`);
    const { method, path, headers, body } = request;
    const signer = new SignatureV4({
      service,
      region: global.has(service) ? "us-east-1" : region,
      credentials,
      sha256: Sha256,
    });
    const unsigned = {
      ...{ method, path, protocol: url.protocol, hostname: url.hostname },
      headers: { host: url.host, ...headers },
      ...(body === undefined ? {} : { body }),
    };
    const signed = await signer.sign(unsigned).catch((error: unknown) => {
      throw new AwsRefusal(what, "not signed", describe(error));
    });
    const answer = await fetch(new URL(path, url), {
      method,
      headers: signed.headers,
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body }),
    }).catch((error: unknown) => {
      throw new AwsRefusal(what, "no answer", describe(error));
    });
    const text = await answer.text();
    if (!answer.ok) throw refusal(what, answer.status, text);
    return text;
  };
  return {
    query: (service, Version, Action, params = {}) =>
      send(service, Action, {
        ...{ method: "POST", path: "/" },
        headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
        body: new URLSearchParams({ Action, Version, ...params }).toString(),
      }),
    json: (service, target, body) =>
      send(service, target, {
        ...{ method: "POST", path: "/" },
        headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
        body: JSON.stringify(body),
      }),
    get: (service, path) => send(service, `GET ${path}`, { method: "GET", path, headers: {} }),
  };
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** AWS's word for the error, in XML, or in JSON as `namespace#Word`. */
function refusal(what: string, status: number, text: string): AwsRefusal {
  const code =
    /<Code>([^<]+)</.exec(text)?.[1] ??
    /"(?:__type|code)"\s*:\s*"(?:[^"#]*#)?([^"]+)"/.exec(text)?.[1] ??
    String(status);
  const message =
    /<Message>([^<]+)</.exec(text)?.[1] ?? /"[mM]essage"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? "";
  return new AwsRefusal(what, code, message);
}
