import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { account } from "../../clusters/account.ts";
import { freePort } from "../../local/host/network.ts";
import { type SimulatedTerraform, simulatedTerraform } from "../../local/terraform/simulated.ts";
import { until } from "../../local/testing/until.ts";
import { ensureMoto } from "../../tools/python.ts";
import { awsAccountReader } from "../aws/aws-account-reader.ts";
import { signedRequests } from "../aws/signed-requests.ts";
import type { Effects } from "../core/effects.ts";
import { shellEffects } from "../core/shell-effects.ts";
import { stackFolder } from "../core/stacks.ts";
import { Killed } from "../testing/account-double.ts";
import { bootstrap } from "./bootstrap.ts";
import { stateFile } from "./where-state-is.ts";

let terraform: SimulatedTerraform;
beforeAll(async () => {
  terraform = await simulatedTerraform();
});

const { region } = account;
const owner = "123456789012"; // the simulated AWS has no other account
const bucket = `shoestring-state-${owner}-${region}`;

/** A simulated AWS for the SDK and for Terraform's backend; the provider is simulated apart from it. */
async function simulatedAws(): Promise<S3Client> {
  const port = await freePort("127.0.0.1", 5200);
  const server = spawn(await ensureMoto(() => {}), ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
  });
  onTestFinished(() => void server.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  await until("the simulated AWS", async () => (await fetch(`${url}/moto-api/`)).ok, 60);
  vi.stubEnv("AWS_ENDPOINT_URL", url);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
  onTestFinished(() => void vi.unstubAllEnvs());
  return new S3Client({ region, forcePathStyle: true });
}

/** A checkout of its own: what the synth reads, without clusters. */
function aCheckout(): string {
  const root = dirname(dirname(import.meta.dirname));
  const checkout = mkdtempSync(join(tmpdir(), "shoestring-bootstrap-"));
  onTestFinished(() => rmSync(checkout, { recursive: true }));
  const folders = ["synth", "lib", "protocol", "modules", "functions", "terraform", "trace"];
  for (const it of [...folders, "package.json", "clusters"]) {
    cpSync(join(root, it), join(checkout, it), { recursive: true });
  }
  for (const it of ["dev", "local", "production", "staging"]) {
    rmSync(join(checkout, "clusters", `${it}.ts`));
  }
  const spec = JSON.stringify({ ...account, account: owner });
  writeFileSync(join(checkout, "clusters/account.ts"), `export const account = ${spec};\n`);
  symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"));
  return checkout;
}

interface Run {
  readonly s3: S3Client;
  readonly checkout: string;
  /** The commands that ran. */
  readonly ran: string[];
  readonly said: string[];
  /** Whether the run is killed before a command. */
  readonly killed?: (command: string) => boolean;
}

/** The effects of a person with an account, whose applies make the bucket in the simulated AWS. */
function effectsIn({ checkout, s3, ran, said, killed }: Run): Effects {
  // Real shells have none of these; the simulated provider asks for the first.
  const { SHOESTRING_SIMULATED, TF_CLI_ARGS_init, ...env } = terraform.env;
  const person = { ...process.env, ...env, AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "x" };
  const shell = (command: string) => {
    const simulated = { SHOESTRING_SIMULATED, SHOESTRING_PROVIDER_TYPES: typesOf(checkout) };
    const env = command.startsWith("node ") ? person : { ...person, ...simulated };
    return shellEffects({ checkout, yes: true, env }).shell(`{ ${command}; } >> log`);
  };
  return {
    ...shellEffects({ checkout, yes: true }),
    say: (line) => void said.push(line),
    async shell(command) {
      if (killed?.(command)) throw new Killed(command);
      ran.push(command);
      const code = await shell(command);
      if (/ apply /.test(command) && code === 0) {
        await s3.send(new CreateBucketCommand({ Bucket: bucket, ...inRegion }));
      }
      return code;
    },
  };
}
/** The schemas of all types take half of the time. */
function typesOf(checkout: string): string {
  const file = join(checkout, stackFolder("account"), "cdk.tf.json");
  if (!existsSync(file)) return "";
  const { resource, data } = JSON.parse(readFileSync(file, "utf8"));
  return Object.keys({ ...resource, ...data }).join();
}

const inRegion = { CreateBucketConfiguration: { LocationConstraint: region } } as const;

test("a bootstrap takes over what exists, goes on where it was killed, and repeats nothing", {
  timeout: 240_000,
}, async () => {
  const s3 = await simulatedAws();
  const checkout = aCheckout();
  const requests = signedRequests(region, process.env);
  const reader = awsAccountReader(requests, region, process.env);
  const ran: string[] = [];
  const said: string[] = [];
  const run = (killed: (command: string) => boolean = () => false) => {
    ran.length = 0;
    const spec = { ...account, account: owner };
    const props = { account: spec, terraform: terraform.program, reader };
    return bootstrap(effectsIn({ checkout, s3, ran, said, killed }), props);
  };
  const applies = () => ran.filter((it) => / apply |-migrate-state/.test(it)).length;

  // The account has a provider of GitHub's tokens, of which there can be only one.
  const Url = "https://token.actions.githubusercontent.com";
  const provider = { Url, "ThumbprintList.member.1": "0".repeat(40) };
  await requests.query("iam", "2010-05-08", "CreateOpenIDConnectProvider", provider);

  await expect(run((it) => it.includes("-migrate-state"))).rejects.toThrow(Killed);
  expect(said.filter((it) => it.startsWith("exists"))).toEqual([
    expect.stringMatching(/oidc-provider.* as aws_iam_openid_connect_provider.account_github_/),
  ]);
  expect(readFileSync(join(checkout, "log"), "utf8")).toContain("1 imported");
  expect(existsSync(join(checkout, stateFile))).toBe(true);
  expect(await reader.object(bucket, "account.tfstate")).toBeUndefined();

  expect(await run()).toBe(0);
  expect(applies()).toBe(1); // the move; the apply was done
  expect(existsSync(join(checkout, stateFile))).toBe(false);
  const state = JSON.parse((await reader.object(bucket, "account.tfstate")) ?? "{}");
  expect(state.resources.map(({ type }: { type: string }) => type)).toContain("aws_s3_bucket");

  expect(await run()).toBe(0);
  expect(applies()).toBe(0);
});
