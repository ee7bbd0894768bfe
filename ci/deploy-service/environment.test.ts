import { expect, test } from "vitest";
import { staging } from "../../clusters/staging.ts";
import { Traceparent } from "../../protocol/artifact.ts";
import { environmentOf } from "./environment.ts";

const at = new Date("2026-01-01T00:00:00Z");

test("the steps of a run share one span, and know its start", () => {
  const { TRACEPARENT, ...rest } = environmentOf(staging, at);
  expect(Traceparent.safeParse(TRACEPARENT).success).toBe(true);
  expect(rest).toEqual({ BUILD_STARTED: "2026-01-01T00:00:00.000Z" });
});

test("each run has a span of its own", () => {
  expect(environmentOf(staging, at).TRACEPARENT).not.toBe(environmentOf(staging, at).TRACEPARENT);
});

test("the steps notify Slack at the channel and the API of the cluster's file", () => {
  const slack = { channel: "C0123456789" };
  expect(environmentOf({ ...staging, slack }, at)).toMatchObject({
    SHOESTRING_SLACK_CHANNEL: "C0123456789",
  });
  expect(environmentOf({ ...staging, slack }, at)).not.toHaveProperty("SHOESTRING_SLACK_API");
  const api = "https://slack-gov.com/api";
  expect(environmentOf({ ...staging, slack: { ...slack, api } }, at)).toMatchObject({
    SHOESTRING_SLACK_API: api,
  });
});

test("the steps report to the cluster's collector, unless builds cannot reach it", () => {
  const trace = { endpoint: "https://api.honeycomb.io" };
  expect(environmentOf({ ...staging, trace }, at)).toMatchObject({
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://api.honeycomb.io",
  });
  const inside = { ...staging, trace: { ...trace, fromBuilds: false } };
  expect(environmentOf(inside, at)).not.toHaveProperty("OTEL_EXPORTER_OTLP_ENDPOINT");
});
