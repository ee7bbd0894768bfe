import * as z from "zod";

/** The destination of a cluster's traces: any collector that accepts OTLP over HTTP. */
export const TraceTarget = z.strictObject({
  /** URL without `/v1/traces`, like "https://api.honeycomb.io". */
  endpoint: z.url({ protocol: /^https?$/, error: 'a URL, like "https://api.honeycomb.io"' }),
  /** Headers by name, each a reference `ssm:<parameter>` that the sender resolves. @default none */
  headers: z
    .record(
      z.string().regex(/^[A-Za-z0-9-]+$/, 'a name, like "x-honeycomb-team"'),
      z.string().regex(/^ssm:(\/[A-Za-z0-9_.-]+)+$/, 'a reference, like "ssm:/staging/trace/key"'),
    )
    .default({}),
});
export type TraceTarget = z.infer<typeof TraceTarget>;

/** The URL of a collector that accepts spans. */
export const tracesUrl = (endpoint: string) => `${endpoint.replace(/\/+$/, "")}/v1/traces`;

/** The headers with their references resolved. */
export async function resolvedHeaders(
  headers: TraceTarget["headers"],
  readSecret: (reference: string) => Promise<string>,
): Promise<Record<string, string>> {
  const pairs = Object.entries(headers).map(
    async ([name, reference]) => [name, await readSecret(reference)] as const,
  );
  return Object.fromEntries(await Promise.all(pairs));
}
