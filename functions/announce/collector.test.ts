import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { aTracedDeploy } from "../../protocol/testing/rolled.ts";
import { spansBefore } from "../../trace/spans.ts";
import { testCollector } from "../../trace/testing/collector.ts";
import { collectorAt } from "./collector.ts";

const [span] = spansBefore("test", aTracedDeploy());
if (!span) throw new Error("the deploy has no build");
const secret = "a-very-secret-key";

function aCollector(text: string) {
  const lines: string[] = [];
  let time = 0;
  const log = (event: string, fields: object) =>
    void lines.push(`${event} ${JSON.stringify(fields)}`);
  const on = collectorAt(
    text,
    async () => secret,
    log,
    () => time,
  );
  const addAndFlush = async () => {
    on.add(span as NonNullable<typeof span>);
    await on.flush();
    return lines.length;
  };
  return {
    addAndFlush,
    lines,
    pass(ms: number) {
      time += ms;
    },
  };
}

test("headers are resolved from their references, and only the collector gets them", async () => {
  const collector = await testCollector();
  try {
    const headers = { "x-team": "ssm:/test/trace/key" };
    const on = aCollector(JSON.stringify({ endpoint: collector.endpoint, headers }));
    expect(await on.addAndFlush()).toBe(0);
    expect(collector.spans).toHaveLength(1);
    expect(collector.headers[0]).toMatchObject({ "x-team": secret });
  } finally {
    await collector.close();
  }
});

test("a collector that hangs delays one response, is logged without a secret, and is then left alone", async () => {
  let requests = 0;
  const server = createServer(() => {
    requests += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const on = aCollector(JSON.stringify({ endpoint, headers: { "x-team": "ssm:/a" } }));
    expect(await on.addAndFlush()).toBe(1);
    expect(on.lines[0]).toMatch(/^trace\.failed /);
    expect(on.lines[0]).not.toContain(secret);

    expect(await on.addAndFlush()).toBe(1); // no attempt was made
    expect(requests).toBe(1);
    on.pass(60_000);
    expect(await on.addAndFlush()).toBe(2);
    expect(requests).toBe(2);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("an invalid target is logged and fails nothing", async () => {
  const on = aCollector("{");
  expect(await on.addAndFlush()).toBe(1);
});
