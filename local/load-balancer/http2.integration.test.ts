import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { connect, createServer } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "../host/network.ts";
import { until } from "../testing/until.ts";
import { haproxyConfig } from "./config.ts";

/** A loopback address, on which the instances' port 80 is free. */
const target = { instance: "web-1", address: "127.93.7.2" };

/** An instance that speaks HTTP/2 only: it answers a call in its trailers. */
async function startInstance(checks: string[]): Promise<void> {
  const instance = createServer().on("stream", (stream, headers) => {
    const path = String(headers[":path"]);
    if (path.startsWith("/shoestring/")) checks.push(`${headers[":method"]} ${path} ${headers.te}`);
    const proto = headers["x-forwarded-proto"];
    stream.respond({ ":status": 200, "said-proto": proto }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.on("error", () => undefined); // HAProxy resets the connection of a check
    stream.pipe(stream);
  });
  instance.listen(80, target.address);
  onTestFinished(() => void instance.close());
  await once(instance, "listening");
}

async function startHaproxy(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "load-balancer-"));
  const [address, port] = ["127.93.7.1", await freePort("127.93.7.1", 8080)];
  const file = join(folder, "haproxy.cfg");
  const services = [
    { service: "quotes", hosts: ["quotes.local"], protocol: "grpc", targets: [target] },
  ] as const;
  writeFileSync(
    file,
    haproxyConfig({
      ...{ address, port, socket: join(folder, "socket"), hasTls: true, targetGroups: services },
      ...{ consul: { address, servers: [] }, idleTimeoutSeconds: 60 },
    }),
  );
  const haproxy = spawn("haproxy", ["-db", "-f", file], { stdio: "ignore" });
  onTestFinished(() => {
    haproxy.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });
  return `http://${address}:${port}`;
}

function call(url: string, path: string) {
  const session = connect(url);
  return new Promise<Record<string, unknown>>((resolve, reject) => {
    const authority = "quotes.local";
    const stream = session.request({ ":method": "POST", ":path": path, ":authority": authority });
    let told: Record<string, unknown> = {};
    stream.on("response", (it) => (told = { status: it[":status"], proto: it["said-proto"] }));
    stream.on("trailers", (it) => (told = { ...told, grpc: it["grpc-status"] }));
    stream.on("data", (chunk) => (told = { ...told, echo: String(chunk) }));
    stream.on("close", () => resolve(told));
    for (const part of [session, stream]) part.on("error", reject);
    stream.end("one");
  }).finally(() => session.destroy());
}

test("a call without TLS goes over HTTP/2 to an instance that its health check finds, beside HTTP/1.1", async () => {
  const checks: string[] = [];
  await startInstance(checks);
  const url = await startHaproxy();
  const good = { status: 200, proto: "https", echo: "one", grpc: "0" };
  await until("a good call", async () => {
    const told = await call(url, "/live.Quotes/Get").catch(() => undefined);
    return told?.status === 200 ? true : undefined;
  });
  expect(await call(url, "/live.Quotes/Get")).toEqual(good);
  await until("two checks", async () => (checks.length > 1 ? true : undefined));
  expect(new Set(checks)).toEqual(new Set(["POST /shoestring/health/quotes trailers"]));
  expect(await call(url, "/live.Quotes/Get")).toEqual(good);

  const headers = { host: "none.local" };
  const [answer] = await once(get(url, { headers }), "response");
  expect([answer.statusCode, await text(answer)]).toEqual([404, "no rule for this host\n"]);
});
