import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connect } from "./connect.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "shoestring-connect-"));
  vi.stubEnv("CONSUL_HTTP_ADDR", undefined);
  vi.stubEnv("SHOESTRING_ARTIFACTS_BUCKET", undefined);
  vi.stubEnv("SHOESTRING_REGION", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const region = {
  schema: 2,
  cluster: "local",
  url: "http://127.0.0.1:8080",
  consulUrl: "http://127.0.0.1:8500",
  operatorToken: "token",
  awsEndpoint: "http://127.0.0.1:5000",
  artifactsBucket: "shoestring-local-artifacts",
  instances: [],
};

test("the cluster local is found by the region's file", () => {
  writeFileSync(join(folder, "region.json"), JSON.stringify(region));
  expect(connect("local").artifacts.bucket).toBe("shoestring-local-artifacts");
});

test("the environment wins over the region's file", () => {
  writeFileSync(join(folder, "region.json"), JSON.stringify(region));
  vi.stubEnv("CONSUL_HTTP_ADDR", "127.0.0.1:8500");
  vi.stubEnv("SHOESTRING_ARTIFACTS_BUCKET", "other");
  expect(connect("staging").artifacts.bucket).toBe("other");
});

test("without a region, local says how to start one, and other clusters which variables to set", async () => {
  await expect(connect("local").consul.get("a")).rejects.toThrow("shoestring local up");
  await expect(connect("staging").artifacts.list("web/")).rejects.toThrow(
    "set CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN and SHOESTRING_ARTIFACTS_BUCKET",
  );
});

test("the region's file is not used for another cluster", async () => {
  writeFileSync(join(folder, "region.json"), JSON.stringify(region));
  await expect(connect("staging").consul.get("a")).rejects.toThrow(
    "is the cluster local, not staging",
  );
});

test("a bucket alone is enough for commands without Consul, and the others say which variable is missing", async () => {
  writeFileSync(join(folder, "region.json"), JSON.stringify(region));
  vi.stubEnv("SHOESTRING_ARTIFACTS_BUCKET", "staging-artifacts");
  const { artifacts, consul } = connect("staging");
  expect(artifacts.bucket).toBe("staging-artifacts");
  await expect(consul.get("a")).rejects.toThrow("set CONSUL_HTTP_ADDR and CONSUL_HTTP_TOKEN");
});

test("without a bucket, a command that needs it says which variable to set", async () => {
  vi.stubEnv("CONSUL_HTTP_ADDR", "127.0.0.1:8500");
  await expect(connect("staging").artifacts.list("web/")).rejects.toThrow(
    "set SHOESTRING_ARTIFACTS_BUCKET",
  );
});
