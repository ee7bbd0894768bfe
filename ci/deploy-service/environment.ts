import { randomBytes } from "node:crypto";
import type { Cluster } from "../../modules/spec/cluster.ts";

/**
 * The environment of the steps after the check: the span of the build, which is the parent of all
 * later spans, and the Slack channel and collector of the cluster. It has no secret.
 */
export function environmentOf(
  { slack, trace }: Cluster,
  startedAt: Date,
): Readonly<Record<string, string>> {
  return {
    TRACEPARENT: `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`,
    BUILD_STARTED: startedAt.toISOString(),
    ...(slack ? { SHOESTRING_SLACK_CHANNEL: slack.channel } : {}),
    ...(slack?.api ? { SHOESTRING_SLACK_API: slack.api } : {}),
    ...(trace && trace.fromBuilds !== false ? { OTEL_EXPORTER_OTLP_ENDPOINT: trace.endpoint } : {}),
  };
}
