import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../host/network.ts";
import { startLoad } from "../load/load.ts";
import { down, regionAt } from "../region/index.ts";
import { until } from "../testing/until.ts";
import { ensureLoadBalancer, targetStates } from "./load-balancer.ts";

/** The service itself, on a loopback address and on the instances' port. */
const target = { instance: "web-1", address: "127.93.7.1" };
const folder = mkdtempSync(join(tmpdir(), "reload-"));
const region = regionAt(folder);
let service: Server;

beforeAll(async () => {
  service = createServer((request, response) => {
    const hash = createHash("sha256");
    request.on("data", (chunk) => hash.update(chunk));
    request.on("end", () => response.end(hash.digest("hex")));
  });
  await new Promise<void>((resolve) => service.listen(80, target.address, resolve));
});
afterAll(async () => {
  await down(region);
  service.close();
  service.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

test("a reload closes no connection that a client may be about to use", async () => {
  const port = await freePort(region.names.loopback, 8080);
  const host = "web.local";
  const reload = (more: string[]) =>
    ensureLoadBalancer(region, {
      port,
      hasTls: false,
      targetGroups: [{ service: "web", hosts: [host, ...more], targets: [target] }],
      consul: { address: region.names.loopback, servers: [] },
      idleTimeoutSeconds: 60,
    });
  await reload([]);
  await until("healthy target", async () => (await targetStates(region)).get("web-1") === "UP");
  const url = `http://${region.names.loopback}:${port}`;
  const load = await startLoad({ url, host, requestsPerSecond: 600, maxSeconds: 60 });
  for (let i = 1; i <= 20; i++) {
    const { answered } = await load.snapshot();
    await reload([`www${i}.local`]);
    const more = async () => (await load.snapshot()).answered >= answered + 200;
    await until("requests through the new worker", more);
  }
  expect((await load.stop()).errors).toEqual({});
});
