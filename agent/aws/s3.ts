import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { text } from "node:stream/consumers";
import { fromInstanceMetadata } from "@smithy/credential-provider-imds";
import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "../../lib/sha256.ts";
import type { Release } from "../../protocol/documents.ts";
import { transferBoundMs } from "../release/bounds.ts";
import type { OpenObject } from "../release/download.ts";

/** Address and credentials of S3, from the environment that user data wrote. */
export interface S3Access {
  readonly region: string;
  /** Of a simulated AWS; its bucket is part of the path. @default none: AWS itself */
  readonly endpoint?: string | undefined;
  /** @default the instance's role, by IMDSv2 */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Longest time from the call to the last byte. @default by the archive's size */
  readonly wholeMs?: number;
  /** Longest silence before the download fails. @default 30 s */
  readonly silenceMs?: number;
}

/**
 * Opens the pinned version of a release's archive.
 *
 * It uses the SDK's signer without its client, which takes longer to load than a release takes to
 * download, and every deploy waits for this.
 */
export function s3Objects(access: S3Access): OpenObject {
  const { region, credentials = fromInstanceMetadata({ maxRetries: 3 }) } = access;
  const { silenceMs = 30_000 } = access;
  const signer = new SignatureV4({
    service: "s3",
    region,
    credentials,
    sha256: Sha256,
    uriEscapePath: false, // S3 alone signs the path as it is sent
  });
  return async (release) => {
    const bounds = { silenceMs, wholeMs: access.wholeMs ?? transferBoundMs(release) };
    const url = objectUrl(access, release);
    const signed = await signer.sign({
      method: "GET",
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: { versionId: release.versionId },
      headers: { host: url.host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    });
    url.searchParams.set("versionId", release.versionId);
    const answer = await get(url, signed.headers, bounds);
    if (answer.statusCode === 200) return answer;
    throw refused(answer.statusCode ?? 0, await text(answer));
  };
}

/** The URL of `s3://bucket/key`, unescaped: keys have the characters of service and build names. */
function objectUrl({ region, endpoint }: S3Access, release: Release): URL {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(release.url) as RegExpExecArray;
  return endpoint === undefined
    ? new URL(`https://${bucket}.s3.${region}.amazonaws.com/${key}`)
    : new URL(`${endpoint}/${bucket}/${key}`);
}

/** Bounds the silence and the whole time: an answer that trickles is never silent. */
function get(
  url: URL,
  headers: Record<string, string>,
  { silenceMs, wholeMs }: Required<Pick<S3Access, "silenceMs" | "wholeMs">>,
): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers, timeout: silenceMs });
    let answer: IncomingMessage | undefined;
    const giveUp = (why: string) => {
      answer?.destroy(new Error(why));
      outgoing.destroy(new Error(why));
    };
    const timer = setTimeout(
      () => giveUp(`S3 had not sent all of it within ${wholeMs / 1000} s`),
      wholeMs,
    );
    outgoing.on("response", (response) => {
      answer = response;
      resolve(response);
    });
    outgoing.on("error", reject);
    outgoing.on("close", () => clearTimeout(timer));
    outgoing.on("timeout", () => giveUp(`S3 was silent for ${silenceMs / 1000} s`));
    outgoing.end();
  });
}

/** An error with S3's own name (`NoSuchKey`), message and status. */
function refused(status: number, body: string): Error {
  const part = (tag: string) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(body)?.[1];
  const name = part("Code") ?? `Status${status}`;
  return Object.assign(new Error(`${name}: ${part("Message") ?? `status ${status}`}`), {
    name,
    status,
  });
}
