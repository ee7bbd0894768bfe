import type { Consul, Entry } from "../../lib/consul.ts";
import { readDeploy } from "../../protocol/deploys.ts";
import { Audit, parseDocument } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { parseEach } from "../../protocol/unusable.ts";
import type { Command } from "../core/context.ts";
import { answer } from "../core/output.ts";
import { requireDeploy } from "../deploys/write-deploy.ts";

/** A variable that a restart would change. */
interface Difference {
  readonly key: string;
  readonly change: "set" | "removed";
}

/** Shows the variables that changed after the current deploy; a restart applies them. */
export const configDiff: Command = {
  usage: "config diff S",
  about: "variables that changed since the last deploy: what a restart takes",
  words: [1, 1],
  async run(context, [service = ""], options) {
    const current = await readDeploy(context.consul, service);
    const { at, revision } = await requireDeploy(context, service, current);
    const since = { index: current.entry?.modifyIndex ?? 0, at };
    const scopes = [keys.globalConfig(), keys.serviceConfig(service)];
    const all = await Promise.all(scopes.map((scope) => changes(context.consul, scope, since)));
    const differences = all.flat();
    const lines =
      differences.length === 0
        ? [`no config of ${service} changed since revision ${revision}`]
        : differences.map(({ key, change }) => `${change === "set" ? "+" : "-"} ${key}`);
    answer(context, options, { service, revision, differences }, lines);
    return 0;
  },
};

/** Finds changed variables by Consul's index, which is exact, and removed ones by the audit. */
async function changes(
  consul: Consul,
  scope: string,
  since: { readonly index: number; readonly at: string },
): Promise<Difference[]> {
  const { found } = await consul.list(scope);
  const there = new Set(found.map(({ key }) => key));
  const set = found.filter(({ key, modifyIndex }) => key !== scope && modifyIndex > since.index);
  const written = await auditsSince(consul, new Date(since.at));
  const removed = parseEach(written, ({ key, value }) => parseDocument(Audit, key, value))
    .usable.filter(({ action, key }) => action === "config unset" && key.startsWith(scope))
    .map(({ key }) => key)
    .filter((key) => !there.has(key));
  return [
    ...set.map(({ key }) => ({ key, change: "set" as const })),
    ...[...new Set(removed)].map((key) => ({ key, change: "removed" as const })),
  ];
}

/** The number of audit records that are read at once. */
const readAtOnce = 20;

/** Lists the audit's names, which may be many, and reads only the records written since then. */
async function auditsSince(consul: Consul, since: Date): Promise<Entry[]> {
  const names = (await consul.names(keys.audits())).map((name) => `${keys.audits()}${name}`);
  const newer = names.filter((key) => key > keys.audit(since, ""));
  const entries: Entry[] = [];
  for (let from = 0; from < newer.length; from += readAtOnce) {
    const page = newer.slice(from, from + readAtOnce);
    const read = await Promise.all(page.map((key) => consul.get(key)));
    entries.push(...read.flatMap(({ found }) => (found ? [found] : [])));
  }
  return entries;
}
