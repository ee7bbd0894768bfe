import { spawn } from "node:child_process";
import {
  CreateBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freePort } from "../../local/host/network.ts";
import { until } from "../../local/testing/until.ts";
import { ensureMoto } from "../../tools/python.ts";
import { awsAccountReader } from "./aws-account-reader.ts";
import { awsClusterReader } from "./aws-cluster-reader.ts";
import { awsClusterRemains } from "./aws-cluster-remains.ts";
import { type SignedRequests, signedRequests } from "./signed-requests.ts";

const region = "eu-central-1";
let stop = () => {};
let requests: SignedRequests;
beforeAll(async () => {
  const port = await freePort("127.0.0.1", 5300);
  const server = spawn(await ensureMoto(() => {}), ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
  });
  stop = () => void server.kill("SIGKILL");
  const url = `http://127.0.0.1:${port}`;
  await until("the simulated AWS", async () => (await fetch(`${url}/moto-api/`)).ok, 60);
  vi.stubEnv("AWS_ENDPOINT_URL", url);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
  requests = signedRequests(region, process.env);
});
afterAll(() => {
  stop();
  vi.unstubAllEnvs();
});

test("the caller is told, and what an account has is found by Terraform's ids", async () => {
  const reader = awsAccountReader(requests, region, process.env);
  expect(await reader.caller()).toMatchObject({ account: "123456789012" });
  const role = { RoleName: "shoestring-plan", AssumeRolePolicyDocument: "{}" };
  await requests.query("iam", "2010-05-08", "CreateRole", role);
  expect(await reader.exists("aws_iam_role", "shoestring-plan")).toBe(true);
  const missing = [
    ["aws_iam_role", "shoestring-apply"],
    ["aws_iam_policy", "arn:aws:iam::123456789012:policy/shoestring-boundary"],
    ["aws_s3_bucket", "shoestring-state-123456789012-eu-central-1"],
    ["aws_budgets_budget", "123456789012:shoestring-monthly"],
  ] as const;
  for (const [type, id] of missing) expect(await reader.exists(type, id), id).toBe(false);
});

test("parameters, secrets, zones, addresses and quotas of a cluster are found", async () => {
  const reader = awsClusterReader(() => requests);
  const ssm = new SSMClient({ region });
  const image = { Name: "/shoestring/ami/stable/arm64", Value: "ami-1", Type: "String" } as const;
  await ssm.send(new PutParameterCommand(image));
  expect(await reader.parameterType(region, image.Name)).toBe("text");
  expect(await reader.parameterType(region, "/none")).toBeUndefined();
  const secret = { Name: "staging/api/database", SecretString: "{}" };
  await new SecretsManagerClient({ region }).send(new CreateSecretCommand(secret));
  expect(await reader.hasSecret(region, secret.Name)).toBe(true);
  expect(await reader.hasSecret(region, "none")).toBe(false);
  expect(await reader.zoneDomain("Z0123456789EXAMPLE")).toBeUndefined();
  expect(await reader.inUseByOthers(region, "networks")).toBe(1); // the default one
  await requests.query("ec2", "2016-11-15", "AllocateAddress", { Domain: "vpc" });
  expect(await reader.inUseByOthers(region, "addresses")).toBe(1);
  expect(await reader.quota(region, "vpc", "L-F678F1CE")).toBe(5);
});

test("a bucket is emptied of all versions, and parameters are deleted, also a second time", async () => {
  const remains = awsClusterRemains(process.env);
  const s3 = new S3Client({ region, forcePathStyle: true });
  const Bucket = "staging-artifacts";
  const CreateBucketConfiguration = { LocationConstraint: region } as const;
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  for (const Body of ["1", "2"]) {
    await s3.send(new PutObjectCommand({ Bucket, Key: "web/1.tar.gz", Body }));
  }
  expect(await remains.emptyBucket(region, Bucket)).toBe(2);
  expect(await remains.emptyBucket(region, Bucket)).toBe(0);
  expect(await remains.emptyBucket(region, "gone")).toBe(0);

  const ssm = new SSMClient({ region });
  const names = Array.from({ length: 12 }, (_, n) => `/shoestring/staging/s${n}/consul-token`);
  for (const Name of [...names, "/shoestring/staging-eu/web/consul-token"]) {
    await ssm.send(new PutParameterCommand({ Name, Value: "t", Type: "SecureString" }));
  }
  expect(await remains.parameters(region, "/shoestring/staging/")).toHaveLength(names.length);
  await remains.deleteParameters(region, names);
  await remains.deleteParameters(region, names);
  expect(await remains.parameters(region, "/shoestring/staging")).toEqual([
    "/shoestring/staging-eu/web/consul-token",
  ]);
});
