import { randomBytes } from "node:crypto";
import type { Cluster } from "../../modules/spec/cluster.ts";

/**
 * What the steps after the check find in their environment, by name: the span of the build, under
 * which all that follows is told, and where the cluster's deploys and their traces are told. No
 * secret is in it.
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
