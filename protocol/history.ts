import type { Entry } from "../lib/consul.ts";
import { parseDeploy } from "./deploys.ts";
import type { Deploy, RolloutPhase } from "./documents.ts";
import { keys } from "./keys.ts";
import { type Progress, progressOf } from "./status.ts";
import { type Parsed, parseEach } from "./unusable.ts";

/** A deploy of a service and its progress. */
export interface PastDeploy extends Progress {
  readonly deploy: Deploy;
}

/** The phase of a deploy; `announced` before any agent began. */
export const phaseOf = ({ rollout }: Progress): "announced" | RolloutPhase =>
  rollout?.phase ?? "announced";

/**
 * Deploys of a service among entries below `rollouts/<service>/`, the newest first. A rollout whose
 * deploy cannot be read is left out.
 */
export function historyOf(service: string, entries: readonly Entry[]): PastDeploy[] {
  const groups = byRevision(service, entries);
  return [...pastDeploys(service, entries).usable]
    .sort((a, b) => b.revision - a.revision)
    .map((deploy) => {
      const ofOne = groups.get(String(deploy.revision)) ?? [];
      return { deploy, ...progressOf(service, deploy.revision, ofOne) };
    });
}

/** The deploys among entries below `rollouts/<service>/`, and those that cannot be read. */
export function pastDeploys(service: string, entries: readonly Entry[]): Parsed<Deploy> {
  const prefix = keys.rollouts(service);
  const deploys = entries.filter(({ key }) => key.startsWith(prefix) && key.endsWith("/deploy"));
  return parseEach(deploys, (entry) =>
    parseDeploy(service, entry, Number(entry.key.slice(prefix.length).split("/", 1)[0])),
  );
}

/** A history may be long: each rollout is searched only among its own entries. */
function byRevision(service: string, entries: readonly Entry[]): Map<string, Entry[]> {
  const prefix = keys.rollouts(service);
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (!entry.key.startsWith(prefix)) continue;
    const revision = entry.key.slice(prefix.length).split("/", 1)[0] as string;
    const group = groups.get(revision);
    if (group) group.push(entry);
    else groups.set(revision, [entry]);
  }
  return groups;
}
