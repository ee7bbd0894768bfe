import { keys } from "../../protocol/keys.ts";
import { readStatus, type Status } from "../../protocol/status.ts";
import { answer, table } from "../answer.ts";
import type { Command, Context } from "../context.ts";

/** What is wished, and what runs where. */
export const status: Command = {
  usage: "status [S]",
  about: "what a service is to run, what runs where, what failed and why",
  words: [0, 1],
  async run(context, [service], options) {
    const services = service ? [service] : await deployedServices(context);
    const all = await Promise.all(
      services.map((name) => readStatus(context.consul, context.cluster, name)),
    );
    const lines = all.flatMap((one, i) => [...(i > 0 ? [""] : []), ...linesOf(one)]);
    answer(
      context,
      options,
      service ? all[0] : all,
      lines.length > 0 ? lines : ["nothing is deployed"],
    );
    return 0;
  },
};

async function deployedServices({ consul }: Context): Promise<string[]> {
  const { found } = await consul.list(keys.deploys());
  return found.map(({ key }) => key.slice(keys.deploys().length));
}

function linesOf({ service, cluster, deploy, hold, rollout, instances }: Status): string[] {
  if (!deploy) return [`${service} in ${cluster}: never deployed`];
  const head = [
    `${service} in ${cluster}: ${deploy.release.id}, ${deploy.kind} by ${deploy.by}, revision ${deploy.revision} of ${deploy.at}: ${rollout?.phase ?? "announced"}`,
    ...(hold ? [`held by ${hold.by}: ${hold.reason}`] : []),
  ];
  const rows = instances.flatMap(({ instance, phase, processes }) =>
    Object.entries(processes).map(([n, p]) => [instance, phase, n, p.release, p.phase, p.since]),
  );
  const errors = instances.flatMap(({ instance, error }) =>
    error ? [`${instance}: ${error}`] : [],
  );
  if (rows.length === 0) return head;
  const columns = ["instance", "roll", "process", "release", "phase", "since"];
  return [...head, "", ...table([columns, ...rows]), ...errors];
}
