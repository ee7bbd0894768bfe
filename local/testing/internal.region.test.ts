import { afterAll, beforeAll, expect, test } from "vitest";
import { local } from "../../clusters/local.ts";
import { nodeHttp } from "../../lib/http.ts";
import type { ServiceSpec } from "../../modules/spec/cluster.ts";
import {
  endTestRegion,
  quick,
  type RegionUnderTest,
  regionUnderTest,
} from "./region-under-test.ts";

const instances = ["web-1", "web-2"];
const { hosts: _, ...likeWeb } = local.services.web;
const auth: ServiceSpec = {
  ...likeWeb,
  ...quick,
  ...{ instances: { sharedWith: "web" }, basePort: 9000, processes: 2 },
  http: "internal",
};

let on: RegionUnderTest;
beforeAll(async () => {
  on = await regionUnderTest({ processes: 2 }, { services: { auth } });
  await on.pushed();
  await on.pushed(undefined, "auth");
  await on.healthy(instances);
});
afterAll(endTestRegion);

/** What an instance gets at the internal name, again and again for some seconds. */
async function answersInside(seconds: number): Promise<Record<string, number>> {
  const script = `
    const seen = {};
    const end = Date.now() + ${seconds} * 1000;
    while (Date.now() < end) {
      const what = await fetch("http://auth.local.internal/").then((it) => it.text().then(() => it.status), (e) => e.cause?.code ?? String(e));
      seen[what] = (seen[what] ?? 0) + 1;
      await new Promise((later) => setTimeout(later, 20));
    }
    console.log(JSON.stringify(seen));`;
  return JSON.parse(await on.on("web-1", "node", "--input-type=module", "-e", script));
}

test("an internal service answers instances at its name, without a lost request while it rolls", async () => {
  const [seen] = await Promise.all([answersInside(12), on.pushed(undefined, "auth")]);
  expect(Object.keys(seen)).toEqual(["200"]);
  expect(seen["200"]).toBeGreaterThan(100);
});

test("an internal service does not answer at the public load balancer", async () => {
  const http = nodeHttp({ keepAlive: false });
  const ask = (host: string) =>
    http({ method: "GET", url: on.url, headers: { host }, timeoutMs: 5000 });
  expect((await ask(on.host)).status).toBe(200);
  expect((await ask("auth.local.internal")).status).toBe(404);
});
