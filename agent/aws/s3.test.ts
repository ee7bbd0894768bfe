import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { aDeploy } from "../testing/builders.ts";
import { type S3Access, s3Objects } from "./s3.ts";

const credentials = { accessKeyId: "AKID", secretAccessKey: "a secret" };
const release = {
  ...aDeploy(7).release,
  url: "s3://artifacts/web/7-abc.tar.gz",
  versionId: "v+1/2=",
};

/** A server on loopback that answers as S3 does. */
async function s3(answer: RequestListener, bounds: Pick<S3Access, "wholeMs" | "silenceMs"> = {}) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return s3Objects({ region: "eu-central-1", endpoint, credentials, ...bounds });
}

/** The signature that S3 computes from what it received (SigV4, "Authorization header"). */
function expectedSignature(request: IncomingMessage): string {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://s3");
  const authorization = request.headers.authorization ?? "";
  const [, scope, names] = /Credential=AKID\/([^,]+), SignedHeaders=([^,]+)/.exec(
    authorization,
  ) as RegExpExecArray;
  const [date, region] = (scope as string).split("/") as [string, string];
  const query = [...searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join("&");
  const headers = (names as string).split(";").map((n) => `${n}:${request.headers[n]}\n`);
  const canonical = ["GET", pathname, query, headers.join(""), names, "UNSIGNED-PAYLOAD"];
  const hash = createHash("sha256").update(canonical.join("\n")).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, hash].join("\n");
  const hmac = (secret: string | Buffer, data: string) =>
    createHmac("sha256", secret).update(data).digest();
  const key = ["s3", "aws4_request"].reduce<Buffer>(
    hmac,
    hmac(hmac(`AWS4${credentials.secretAccessKey}`, date), region),
  );
  return hmac(key, toSign).toString("hex");
}

test("a download asks for the pinned version, with the signature that S3 computes itself", async () => {
  const seen: IncomingMessage[] = [];
  const open = await s3((request, response) => {
    seen.push(request);
    response.end("the archive");
  });

  expect(await text(await open(release))).toBe("the archive");

  const [request] = seen as [IncomingMessage];
  const url = new URL(request.url ?? "", "http://s3");
  expect(url.pathname).toBe("/artifacts/web/7-abc.tar.gz");
  expect(url.searchParams.get("versionId")).toBe("v+1/2=");
  expect(request.headers.authorization).toContain(`Signature=${expectedSignature(request)}`);
});

test("an error of S3 keeps its name, so that a deleted object is not asked for again", async () => {
  const open = await s3((_, response) => {
    response.statusCode = 404;
    response.end("<Error><Code>NoSuchVersion</Code><Message>It is gone</Message></Error>");
  });
  await expect(open(release)).rejects.toMatchObject({
    name: "NoSuchVersion",
    message: "NoSuchVersion: It is gone",
  });
});

test("an error answer that is not S3's is named by its status", async () => {
  const open = await s3((_, response) => {
    response.statusCode = 503;
    response.end("busy");
  });
  await expect(open(release)).rejects.toThrow("Status503: status 503");
});

test("a download fails when S3 says nothing, or stops in the middle", async () => {
  const silent = await s3(() => {}, { silenceMs: 100 });
  await expect(silent(release)).rejects.toThrow("S3 was silent for 0.1 s");
  const stopping = await s3((_, response) => void response.writeHead(200).write("half"), {
    silenceMs: 100,
  });
  await expect(stopping(release).then(text)).rejects.toThrow("S3 was silent for 0.1 s");
});

test("a download that trickles fails when its whole time is over", async () => {
  const trickling = await s3(
    (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("."), 20);
      response.on("close", () => clearInterval(timer));
    },
    { silenceMs: 5000, wholeMs: 300 },
  );
  await expect(trickling(release).then(text)).rejects.toThrow(
    "S3 had not sent all of it within 0.3 s",
  );
});
