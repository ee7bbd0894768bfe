import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { App, TerraformStack, Testing } from "cdktf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { account } from "../../clusters/account.ts";
import { keepIn } from "../../modules/cluster/index.ts";
import { ensureTerraform } from "../../tools/terraform.ts";
import { type SimulatedTerraform, simulatedTerraform } from "./simulated.ts";

/** Folder of a person with an account, who synthesised a stack for the real AWS before. */
const folder = mkdtempSync(join(tmpdir(), "shoestring-real-state-"));
const person = "AKIAOFTHEPERSON";
const credentials = join(folder, "credentials");

/** Signers of the requests to a server that simulates AWS and refuses everything. */
const signedBy: string[] = [];
const aws: Server = createServer((request, response) => {
  const [, id = ""] = /Credential=([^/]*)/.exec(request.headers.authorization ?? "") ?? [];
  signedBy.push(id);
  response.writeHead(403, { "content-type": "text/xml" }).end("<ErrorResponse/>");
});

let simulated: SimulatedTerraform;
beforeAll(async () => {
  simulated = await simulatedTerraform();
  await new Promise<void>((resolve) => aws.listen(0, "127.0.0.1", resolve));
  const stack = new TerraformStack(new App(), "staging");
  keepIn(stack, { account, state: { kind: "account" } });
  writeFileSync(join(folder, "cdk.tf.json"), Testing.synth(stack));
  const keys = `aws_access_key_id = ${person}\naws_secret_access_key = secret\n`;
  writeFileSync(credentials, `[default]\n${keys}[work]\n${keys}`);
});
afterAll(() => {
  aws.close();
  rmSync(folder, { recursive: true });
});

/** Runs a `terraform init`, which fails, and returns the signers of its requests. */
async function whoAsked(env: NodeJS.ProcessEnv): Promise<string[]> {
  signedBy.length = 0;
  const at = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  const simulated = { AWS_ENDPOINT_URL_STS: at, AWS_ENDPOINT_URL_S3: at };
  const rest = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
  const ran = promisify(execFile)(await ensureTerraform(), ["init", "-input=false"], {
    cwd: folder,
    env: {
      ...Object.fromEntries(rest),
      AWS_SHARED_CREDENTIALS_FILE: credentials,
      ...simulated,
      ...env,
    },
  });
  await expect(ran).rejects.toThrow(/403/);
  return [...new Set(signedBy)];
}

const ways: [string, NodeJS.ProcessEnv][] = [
  ["keys", { AWS_ACCESS_KEY_ID: person, AWS_SECRET_ACCESS_KEY: "secret", AWS_SESSION_TOKEN: "s" }],
  ["a profile", { AWS_PROFILE: "work" }],
  ["a default profile", {}],
];

test.each(ways)(
  "a real shell of a person with %s asks for the state as that person",
  async (_, env) => {
    expect(await whoAsked(env)).toEqual([person]);
  },
);

test.each(ways)(
  "a simulated shell of a person with %s asks with made-up credentials, and is refused",
  async (_, env) => {
    expect(await whoAsked({ ...env, ...simulated.env })).toEqual(["simulated"]);
  },
);
