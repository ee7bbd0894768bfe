import { Problem } from "../../lib/problem.ts";
import { readDeploy } from "../../protocol/deploys.ts";
import { type Deploy, rolledAt } from "../../protocol/documents.ts";
import { pastDeploys } from "../../protocol/history.ts";
import { keys } from "../../protocol/keys.ts";
import { Sequence } from "../../protocol/releases.ts";
import { type Progress, readProgress } from "../../protocol/status.ts";
import { traceOf } from "../../protocol/traceparent.ts";
import { rolloutSpans, rollSpans, type Span, spansBefore } from "../../trace/spans.ts";
import type { Command, Context } from "../core/context.ts";
import { answer } from "../core/output.ts";
import { refuseUnknown } from "../deploys/known-service.ts";
import { requireDeploy } from "../deploys/write-deploy.ts";
import { waterfall } from "../trace/waterfall.ts";

/** Shows where the time of a deploy went, from the documents in Consul alone. */
export const trace: Command = {
  usage: "trace S [SEQUENCE]",
  about: "where the time of a deploy went, step by step; of a build's last deploy with its number",
  words: [1, 2],
  wrong([, sequence = "1"]) {
    if (Sequence.safeParse(Number(sequence)).success) return undefined;
    return `SEQUENCE takes a whole number from 1, got "${sequence}"`;
  },
  async run(context, [service = "", sequence], options) {
    const { consul, cluster, now } = context;
    const deploy =
      sequence === undefined
        ? await requireDeploy(context, service, await readDeploy(consul, service))
        : await lastDeployOfBuild(context, service, Number(sequence));
    const { rollout, instances } = await readProgress(consul, service, deploy.revision);
    // A rollout that is under way is shown up to now.
    const endedAt = now().toISOString();
    const until = { phase: "rolling" as const, endedAt, ...rollout };
    const spans = [
      ...spansBefore(cluster, deploy),
      ...rolloutSpans(cluster, deploy, until),
      ...instances.flatMap((report) => rollSpans(cluster, deploy, report)),
    ];
    const { traceId } = traceOf(deploy);
    answer(context, options, { deploy, rollout, traceId, spans }, [
      headline(cluster, deploy, rollout),
      `trace ${traceId}, in seconds:`,
      "",
      ...waterfall(withoutWatch(spans, (rollout && rolledAt(rollout)) ?? endedAt)),
    ]);
    return 0;
  },
};

/** Leaves out the watch, which would be most of the picture. */
const withoutWatch = (spans: readonly Span[], rolledAt: string): Span[] =>
  spans
    .filter(({ name }) => name !== "watch")
    .map((span) => (span.name === "rollout" ? { ...span, endMs: Date.parse(rolledAt) } : span));

function headline(cluster: string, deploy: Deploy, rollout: Progress["rollout"]): string {
  const { release, kind, revision, by } = deploy;
  return `${release.id} in ${cluster}: ${kind} by ${by}, revision ${revision}: ${rollout?.phase ?? "announced"}`;
}

/** Finds the last deploy of a build. @throws Problem where there was none. */
async function lastDeployOfBuild(
  context: Context,
  service: string,
  sequence: number,
): Promise<Deploy> {
  const { found } = await context.consul.list(keys.rollouts(service));
  if (found.length === 0) await refuseUnknown(context, service);
  const [newest] = pastDeploys(service, found)
    .usable.filter(({ release }) => release.sequence === sequence)
    .sort((a, b) => b.revision - a.revision);
  if (newest) return newest;
  throw new Problem({
    happened: `build ${sequence} of ${service} was never deployed to this cluster`,
    unchanged: "nothing was written",
    next: `see what was: shoestring history ${service}`,
  });
}
