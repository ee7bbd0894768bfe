import { expect, test } from "vitest";
import { aTracedDeploy } from "../../protocol/testing/rolled.ts";
import { type Span, spansBefore } from "../../trace/spans.ts";
import { simulatedClock } from "../testing/simulated-clock.ts";
import { tracing } from "./tracing.ts";

const [span] = spansBefore("test", aTracedDeploy());
const spans = (count: number): Span[] =>
  Array.from({ length: count }, (_, i) => ({ ...(span as Span), startMs: i }));

function sending(send: (sent: readonly Span[]) => Promise<void>) {
  const clock = simulatedClock();
  const lines: string[] = [];
  const on = tracing({
    send,
    clock,
    log: (event, fields) => void lines.push(`${event} ${JSON.stringify(fields)}`),
  });
  return { on, clock, lines };
}

test("the spans of a roll are sent in one batch", async () => {
  const sent: number[] = [];
  const { on, clock } = sending(async (all) => void sent.push(all.length));
  on.export(spans(1));
  on.export(spans(12));
  await clock.run(on.settled());
  expect(sent).toEqual([13]);
});

test("a batch that the collector fails to take is logged once, and the next batch is sent", async () => {
  let fails = true;
  const sent: number[] = [];
  const { on, clock, lines } = sending(async (all) => {
    if (fails) throw new Error("the collector did not answer");
    sent.push(all.length);
  });
  on.export(spans(2));
  await clock.run(on.settled());
  expect(lines).toEqual(['trace.failed {"spans":2,"error":"the collector did not answer"}']);
  fails = false;
  on.export(spans(3));
  await clock.run(on.settled());
  expect(sent).toEqual([3]);
});

test("while a collector hangs, one batch is on its way and at most 1000 spans wait", async () => {
  const sent: (readonly Span[])[] = [];
  let release = () => {};
  const { on, clock, lines } = sending((all) => {
    sent.push(all);
    return new Promise((resolve) => {
      release = resolve;
    });
  });
  on.export(spans(1));
  await clock.run(clock.sleep(2000));
  for (let i = 0; i < 30; i += 1) on.export(spans(100));
  await clock.run(clock.sleep(60_000));
  expect(sent).toHaveLength(1);
  expect(lines).toHaveLength(20);
  release();
  await clock.run(clock.sleep(2000));
  expect(sent.map((all) => all.length)).toEqual([1, 1000]);
});
