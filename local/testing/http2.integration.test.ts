import { expect, test } from "vitest";
import { renderSites } from "../../agent/linux/nginx/sites.ts";
import { aService } from "../../agent/testing/builders.ts";
import { inImage } from "./in-image.ts";

/**
 * A process with gRPC: it echoes each message as it comes, and ends with a status. A client as the
 * load balancer, with a call of two messages, a health check, and a request over HTTP/1.1.
 */
const program = `
const http = require("node:http"), http2 = require("node:http2");
http2.createServer().on("stream", (stream, headers) => {
  stream.respond({ ":status": 200, "content-type": "application/grpc",
    "shoestring-arrived": [headers.host, headers[":path"], headers.te, headers["user-agent"]].join(" ").trim() },
    { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.pipe(stream);
}).listen(8001, "127.0.0.1");
http.createServer((_, response) => response.end("old")).listen(9001, "127.0.0.1");

const call = (session, headers, messages) => new Promise((resolve) => {
  const told = { echoed: [] };
  const stream = session.request({ ":method": "POST", te: "trailers", "content-type": "application/grpc", ...headers });
  stream.on("response", (first) => Object.assign(told, { status: first[":status"], arrived: first["shoestring-arrived"] }));
  stream.on("trailers", (last) => (told.grpc = last["grpc-status"]));
  stream.on("data", (chunk) => {
    told.echoed.push(String(chunk));
    // The second message is sent when the first came back: nothing on the way waits for the end.
    if (messages.length > 0) stream.write(messages.shift()); else stream.end();
  });
  stream.on("close", () => resolve(told));
  stream.write(messages.shift());
});
const old = (host) => new Promise((resolve) =>
  http.get({ headers: { host } }, (answer) => answer.setEncoding("utf8").on("data", resolve)));

(async () => {
  const session = http2.connect("http://127.0.0.1");
  const told = [
    await call(session, { ":authority": "live.test", ":path": "/shop.Cart/Watch" }, ["one", "two"]),
    await call(session, { ":authority": "10.40.1.7", ":path": "/shoestring/health/live" }, ["ask"]),
    await old("old.test"),
  ];
  console.log(JSON.stringify(told));
  process.exit(0);
})();
`;

test("a call goes over HTTP/2 to its process in both directions at once, beside services with HTTP/1.1", async () => {
  const ping = "/grpc.health.v1.Health/Check";
  const services = [
    aService({ service: "live", hosts: ["live.test"], protocol: "grpc", ping, processes: 1 }),
    aService({ service: "old", hosts: ["old.test"], basePort: 9000, processes: 1 }),
  ];
  const sites = [...renderSites(services)].map(([name, text]) => [
    `/etc/nginx/conf.d/${name}`,
    text,
  ]);
  const files = { ...Object.fromEntries(sites), "/run/shoestring/here": "" };
  const started = { ...files, "/program.js": program };
  const { stdout, stderr } = await inImage(started, "nginx && node /program.js");
  expect(stderr).toBe("");
  const good = { status: 200, grpc: "0" };
  expect(JSON.parse(stdout)).toEqual([
    { ...good, echoed: ["one", "two"], arrived: "live.test /shop.Cart/Watch trailers" },
    {
      ...good,
      echoed: ["ask"],
      arrived: `live.test ${ping} trailers Shoestring-Health-Check/1`,
    },
    "old",
  ]);
});
