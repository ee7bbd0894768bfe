import { spawn } from "node:child_process";
import { expect, onTestFinished, test, vi } from "vitest";
import { readSecrets } from "../../agent/aws/secrets.ts";
import { ensureMoto } from "../../tools/python.ts";
import { freePort } from "../host/network.ts";
import { until } from "../testing/until.ts";
import { keepSecret } from "./secrets.ts";

/** Starts the server that simulates AWS. @returns its URL */
async function simulatedAws(): Promise<string> {
  const port = await freePort("127.0.0.1", 5100);
  const server = spawn(await ensureMoto(() => {}), ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
  });
  onTestFinished(() => void server.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  await until("the simulated AWS", async () => (await fetch(`${url}/moto-api/`)).ok, 60);
  return url;
}

test("a secret that is kept and replaced in a region is read as its fields, as a process gets them", async () => {
  const url = await simulatedAws();
  vi.stubEnv("AWS_ENDPOINT_URL", url);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
  onTestFinished(() => void vi.unstubAllEnvs());
  const database = "secretsmanager:local/catalog/database";
  await keepSecret(url, database, JSON.stringify({ username: "app", password: "first" }));
  const rotated = { username: "app", password: "hunter2", port: 5432 };
  await keepSecret(url, database, JSON.stringify(rotated));
  await keepSecret(url, "ssm:/shoestring/local/catalog/key", "whole");

  const fields = [`${database}#password`, `${database}#port`, "ssm:/shoestring/local/catalog/key"];
  expect(Object.values(await readSecrets(fields))).toEqual(["hunter2", "5432", "whole"]);
  await expect(readSecrets([`${database}#passwort`])).rejects.toThrow('it has no field "passwort"');
  await expect(keepSecret(url, `${database}#password`, "x")).rejects.toThrow(
    "names no whole secret",
  );
});
