import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { ConsulHttp } from "../../lib/consul-http.ts";
import { type Http, nodeHttp } from "../../lib/http.ts";
import { slackOverHttp } from "../../slack/client.ts";
import { exportSpans } from "../../trace/export.ts";
import { setClientToken } from "../linux/consul-client.ts";
import { exec } from "../linux/exec.ts";
import { nftablesGate } from "../linux/nftables.ts";
import { sockets } from "../linux/sockets.ts";
import { systemd } from "../linux/systemd.ts";
import { aService, silentLog } from "../testing/builders.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { completeHook, extendHook } from "./lifecycle-hook.ts";
import { instanceMetadata } from "./metadata.ts";
import { readSecret } from "./secrets.ts";

/** A server that takes connections and never says anything. */
async function silentServer(): Promise<string> {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv("AWS_ENDPOINT_URL", url);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKID");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "a secret");
  onTestFinished(() => void vi.unstubAllEnvs());
  return url;
}

/** The SDK's bounds, a hundred times shorter. */
const soon = {
  maxAttempts: 2,
  requestHandler: {
    connectionTimeout: 30,
    requestTimeout: 100,
    socketTimeout: 100,
    throwOnRequestTimeout: true,
  },
} as const;

/** Sends requests as the agent does, with a hundredth of the time that each gives. */
function hurried(longest: { timeoutMs: number }): Http {
  const http = nodeHttp();
  return (request) => {
    longest.timeoutMs = Math.max(longest.timeoutMs, request.timeoutMs);
    return http({ ...request, timeoutMs: Math.ceil(request.timeoutMs / 100) });
  };
}

const place = { n: 1, side: "a" } as const;
const answer = { group: "web", hook: "launch", instance: "i-1", result: "CONTINUE" } as const;
const span = {
  ...{ name: "roll", traceId: "a".repeat(32), spanId: "b".repeat(16) },
  ...{ startedAt: "2026-01-01T00:00:00.000Z", endedAt: "2026-01-01T00:00:01.000Z" },
  attributes: {},
};

type Call = (http: Http, url: string) => Promise<unknown>;
const consul = (http: Http, url: string) => new ConsulHttp({ url, token: "t", http });

/** Every call over a network: its name, its longest allowed timeout in seconds, and the call. */
const overNetwork: readonly [string, number, Call][] = [
  ["Consul, a read", 10, (http, url) => consul(http, url).get("k")],
  ["Consul, a list", 10, (http, url) => consul(http, url).list("k/")],
  ["Consul, a long poll", 69, (http, url) => consul(http, url).get("k", { index: 7 })],
  ["Consul, a write", 10, (http, url) => consul(http, url).write([])],
  ["Consul, a session", 10, (http, url) => consul(http, url).createSession("web", 15)],
  ["Consul, a renewal", 10, (http, url) => consul(http, url).renewSession("s")],
  ["Consul, the end of a session", 10, (http, url) => consul(http, url).destroySession("s")],
  ["Consul, the catalogue", 10, (http, url) => consul(http, url).serviceInstances("web")],
  ["Consul, a registration", 10, (http, url) => consul(http, url).registerService({})],
  ["Consul, a deregistration", 10, (http, url) => consul(http, url).deregisterService("web")],
  ["instance metadata", 2, (http, url) => instanceMetadata(http, url).get("instance-id")],
  [
    "Slack",
    10,
    (http, url) => slackOverHttp({ url, token: "x", http }).find("C1", ["deploy"], new Date()),
  ],
  ["a parameter of SSM", 26, () => readSecret("ssm:/a", soon)],
  ["a secret of Secrets Manager", 26, () => readSecret("secretsmanager:a", soon)],
  ["a lifecycle hook", 26, () => completeHook(answer, soon)],
  ["a heartbeat to a lifecycle hook", 26, () => extendHook(answer, soon)],
  [
    "a trace collector",
    10,
    (_, endpoint) => exportSpans([span as never], { endpoint, headers: {}, timeoutMs: 100 }),
  ],
];

test.each(overNetwork)(
  "a call to %s that says nothing fails within its time",
  async (_, seconds, call) => {
    const url = await silentServer();
    const longest = { timeoutMs: 0 };
    const from = performance.now();
    await expect(call(hurried(longest), url)).rejects.toThrow();
    expect(longest.timeoutMs).toBeLessThanOrEqual(seconds * 1000);
    expect(performance.now() - from).toBeLessThan(20_000);
  },
);

/** Every program that the agent runs, with its bounds. In this test none of them ends. */
const programs: readonly [string, (run: typeof exec) => Promise<unknown>][] = [
  ["systemctl start", (run) => systemd(aService(), run, simulatedClock()).start(place)],
  ["systemctl stop", (run) => systemd(aService(), run, simulatedClock()).stop(place)],
  ["systemctl show", (run) => systemd(aService(), run, simulatedClock()).state(place)],
  ["systemctl show of the machine", (run) => systemd(aService(), run, simulatedClock()).isEnding()],
  ["ss of a listener", (run) => systemd(aService(), run, simulatedClock()).listensOn(place, 8001)],
  ["ss of connections", (run) => sockets(run).count(8001)],
  [
    "nft",
    (run) =>
      nftablesGate(
        { exec: run, log: silentLog, clock: simulatedClock(), listeners: { follow() {} } },
        new Map(),
      ).point(8001, 9001),
  ],
];

test.each(programs)("%s that never ends is killed within its time", async (_, act) => {
  let bound = 0;
  const run: typeof exec = (_program, _args, { timeoutMs = 30_000 } = {}) => {
    bound = Math.max(bound, timeoutMs);
    return exec("sleep", ["600"], { timeoutMs: Math.ceil(timeoutMs / 100) });
  };
  await expect(act(run)).rejects.toThrow("sleep 600 failed");
  expect(bound).toBeLessThanOrEqual(90_000);
});

test("a program whose children keep its output open fails within its time", async () => {
  const from = performance.now();
  const held = exec("sh", ["-c", "sleep 30 & echo started; wait"], { timeoutMs: 300 });
  await expect(held).rejects.toThrow("sh -c");
  expect(performance.now() - from).toBeLessThan(20_000);
});

test("a request to a local Consul client that never answers ends when its token is replaced", async () => {
  const clock = simulatedClock();
  const stop = new AbortController();
  const setting = setClientToken({
    ...{ url: "http://consul", token: "t", clock, log: silentLog, random: () => 0 },
    stop: stop.signal,
    http: ({ signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("end")))),
  });
  stop.abort();
  await setting;
});

afterAll(() =>
  console.log(`calls that hang: ${overNetwork.length} over a network, ${programs.length} programs`),
);
