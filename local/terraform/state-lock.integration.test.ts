import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, TerraformStack, Testing } from "cdktf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { account } from "../../clusters/account.ts";
import { keepIn } from "../../modules/cluster/index.ts";
import { ensureTerraform } from "../../tools/terraform.ts";

const folder = mkdtempSync(join(tmpdir(), "shoestring-state-lock-"));
const objects = new Map<string, string>();

/** As much of S3 and STS as Terraform's backend asks for. */
const aws: Server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    const key = pathname.split("/").slice(2).join("/");
    const xml = (status: number, text: string) =>
      response.writeHead(status, { "content-type": "text/xml" }).end(text);
    if (pathname === "/") {
      const who = "<Arn>arn:aws:iam::1:user/a</Arn><UserId>a</UserId><Account>1</Account>";
      const result = `<GetCallerIdentityResult>${who}</GetCallerIdentityResult>`;
      return xml(200, `<GetCallerIdentityResponse>${result}</GetCallerIdentityResponse>`);
    }
    if (searchParams.has("list-type")) return xml(200, "<ListBucketResult></ListBucketResult>");
    if (request.method === "PUT") {
      if (request.headers["if-none-match"] === "*" && objects.has(key)) {
        return xml(412, "<Error><Code>PreconditionFailed</Code></Error>");
      }
      objects.set(key, Buffer.concat(chunks).toString());
      return response.writeHead(200, { etag: '"1"' }).end();
    }
    if (request.method === "DELETE") {
      objects.delete(key);
      return response.writeHead(204).end();
    }
    const body = objects.get(key);
    if (body === undefined) return xml(404, "<Error><Code>NoSuchKey</Code></Error>");
    return response
      .writeHead(200, { "content-length": Buffer.byteLength(body) })
      .end(request.method === "HEAD" ? undefined : body);
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => aws.listen(0, "127.0.0.1", resolve));
  const stack = new TerraformStack(new App(), "staging");
  keepIn(stack, { account, state: { kind: "account" } });
  writeFileSync(join(folder, "cdk.tf.json"), Testing.synth(stack));
});
afterAll(() => {
  aws.close();
  rmSync(folder, { recursive: true });
});

async function terraform(...args: string[]): Promise<string> {
  const at = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: "AKIAOFTHEPERSON",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_ENDPOINT_URL_S3: at,
    AWS_ENDPOINT_URL_STS: at,
    AWS_ENDPOINT_URL_IAM: at,
    TF_IN_AUTOMATION: "1",
  };
  const program = await ensureTerraform();
  return new Promise((resolve) => {
    execFile(program, [...args, "-no-color"], { cwd: folder, env }, (_, stdout, stderr) =>
      resolve((stdout + stderr).replaceAll(/[│\s]+/g, " ")),
    );
  });
}

test("the lock of a run that was cut stops the next one, and force-unlock takes it away", async () => {
  const init = await terraform("init", "-input=false", "-backend-config=use_path_style=true");
  expect(init).toContain("successfully initialized");
  const lock = { ID: "6c1b9b4a-0000-4000-8000-000000000001", Operation: "OperationTypeApply" };
  const who = { Who: "runner@cut", Version: "1.11.4", Created: "2026-11-30T12:00:00Z" };
  objects.set("staging.tfstate.tflock", JSON.stringify({ ...lock, ...who, Info: "", Path: "" }));

  const stopped = await terraform("plan", "-input=false");
  expect(stopped).toContain("Error acquiring the state lock");
  expect(stopped).toContain(lock.ID);
  expect(stopped).toContain(who.Who);

  expect(await terraform("force-unlock", "-force", lock.ID)).toContain("successfully unlocked");
  expect([...objects.keys()]).toEqual([]);
  expect(await terraform("plan", "-input=false")).toContain("No changes");
});
