import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { httpProbe } from "../../agent/linux/http-probe.ts";
import { renderSites } from "../../agent/linux/nginx/sites.ts";
import { aService } from "../../agent/testing/builders.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import { inImage } from "./in-image.ts";

type Arrived = Readonly<Record<string, string>>;

/** What arrives at a process that the agent's probe asks. */
async function ofTheAgent(service: ServiceFile): Promise<Arrived> {
  let arrived: Arrived = {};
  const process = createServer((request, response) => {
    arrived = { url: `${request.method} ${request.url}`, ...(request.headers as Arrived) };
    response.end();
  });
  await new Promise<void>((resolve) => process.listen(0, "127.0.0.1", resolve));
  const { port } = process.address() as AddressInfo;
  await httpProbe(service).ask(port, service.ping);
  process.close();
  return arrived;
}

/** A process that prints what arrives; an ALB's health check through nginx, then a request. */
const script = (checks: readonly string[]) => `nginx
cat > /process.js <<'END'
require("node:http").createServer((request, response) => {
  const arrived = { url: request.method + " " + request.url, ...request.headers };
  response.end(JSON.stringify(arrived));
}).listen(8001, "127.0.0.1");
const ask = (options) => new Promise((resolve) =>
  require("node:http").get({ agent: false, ...options }, (answer) => {
    answer.setEncoding("utf8").on("data", resolve);
  }));
(async () => {
  for (const options of JSON.parse(process.argv[2])) console.log(await ask(options));
  process.exit(0);
})();
END
mkdir -p /run/shoestring
node /process.js '[${checks.join()}]'
`;

const check = JSON.stringify({
  path: "/shoestring/health/web",
  headers: { host: "10.40.1.7", "user-agent": "ELB-HealthChecker/2.0", "accept-encoding": "gzip" },
});

async function throughNginx(service: ServiceFile, ...asked: string[]): Promise<Arrived[]> {
  const sites = Object.fromEntries(
    [...renderSites([service])].map(([name, text]) => [`/etc/nginx/conf.d/${name}`, text]),
  );
  const files = { ...sites, "/run/shoestring/here": "" };
  const { stdout, stderr } = await inImage(files, script(asked));
  expect(stderr).toBe("");
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Arrived);
}

test("a process gets the same probe from the agent and from the load balancer through nginx", async () => {
  const service = aService({ hosts: ["*.example.org", "www.example.org"], ping: "/up?deep=1" });
  const [fromLoadBalancer] = await throughNginx(service, check);
  expect(fromLoadBalancer).toEqual(await ofTheAgent(service));
  expect(fromLoadBalancer).toEqual({
    url: "GET /up?deep=1",
    host: "www.example.org",
    "user-agent": "Shoestring-Health-Check/1",
    accept: "*/*",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "443",
    connection: "close",
  });
});

test("a probe has a host that a wildcard covers, and plain HTTP where the load balancer speaks that", async () => {
  const service = aService({ hosts: ["*.Shop-?.example.org"], plainHttp: true });
  const [fromLoadBalancer] = await throughNginx(service, check);
  expect(fromLoadBalancer).toEqual(await ofTheAgent(service));
  expect(fromLoadBalancer).toMatchObject({
    host: "probe.shop-p.example.org",
    "x-forwarded-proto": "http",
    "x-forwarded-port": "80",
  });
});

test("a probe has the host and the headers that ping names, in place of its own", async () => {
  const headers = { "user-agent": "Our-Probe/1", "X-Deep": "a;b 'c' {d}" };
  const service = aService({ probe: { host: "localhost:3000", headers } });
  const [fromLoadBalancer] = await throughNginx(service, check);
  expect(fromLoadBalancer).toEqual(await ofTheAgent(service));
  expect(fromLoadBalancer).toMatchObject({
    host: "localhost:3000",
    "user-agent": "Our-Probe/1",
    "x-deep": "a;b 'c' {d}",
    "x-forwarded-proto": "https",
  });
});

test("a request keeps the headers of the load balancer and of its client", async () => {
  const headers = {
    host: "web.test",
    "user-agent": "curl/8",
    "x-forwarded-for": "203.0.113.7",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "443",
    "x-amzn-trace-id": "Root=1-2",
  };
  const [arrived] = await throughNginx(aService(), JSON.stringify({ path: "/a?b", headers }));
  expect(arrived).toEqual({
    url: "GET /a?b",
    ...headers,
    "x-forwarded-for": "203.0.113.7, 127.0.0.1",
  });
});
