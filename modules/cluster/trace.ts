import { TraceTarget } from "../../protocol/trace-target.ts";
import type { Fault } from "../shared/fault.ts";
import type { ClusterTraceSpec, TraceSpec } from "../spec/cluster.ts";

/** Finds invalid settings of a cluster's collector. */
export function wrongTrace(cluster: string, trace: TraceSpec | undefined): Fault[] {
  if (trace === undefined) return [];
  const { endpoint, headers = {} } = trace;
  const { shape } = TraceTarget;
  const isUrl = shape.endpoint.safeParse(endpoint).success && !endpoint.endsWith("/v1/traces");
  const prefix = `ssm:/shoestring/${cluster}/trace/`;
  return [
    ...(isUrl
      ? []
      : [
          {
            field: "trace.endpoint",
            value: endpoint,
            good: 'a URL without /v1/traces, like "https://api.honeycomb.io"',
          },
        ]),
    ...Object.entries(headers)
      .filter(([name, value]) => {
        const isHeader = shape.headers.safeParse({ [name]: value }).success;
        return !isHeader || !value.startsWith(prefix);
      })
      .map(([name, value]) => ({
        field: `trace.headers.${name}`,
        // The value may be a secret that was written here by mistake.
        value: value.startsWith("ssm:") ? value : "(not shown)",
        good: `the name of a header, and a reference that the cluster may read, like "${prefix}key"`,
      })),
  ];
}

/** The settings of a cluster's collector for its instances and `announce`. */
export function withoutBuilds({ fromBuilds: _, ...trace }: ClusterTraceSpec): TraceSpec {
  return trace;
}
