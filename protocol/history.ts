import type { Entry } from "./consul.ts";
import { Deploy, parseDocument, type RolloutPhase } from "./documents.ts";
import { keys } from "./keys.ts";
import { type Progress, progressOf } from "./status.ts";

/** A deploy of a service with what came of it. */
export interface PastDeploy extends Progress {
  readonly deploy: Deploy;
}

/** How far a deploy is; `announced` before any agent began. */
export const phaseOf = ({ rollout }: Progress): "announced" | RolloutPhase =>
  rollout?.phase ?? "announced";

/**
 * Deploys of a service among entries below `rollouts/<service>/`, the newest first.
 *
 * @throws Problem for a document that cannot be used.
 */
export function historyOf(service: string, entries: readonly Entry[]): PastDeploy[] {
  return [...byRevision(service, entries).values()]
    .flatMap((ofOne) => {
      const deploy = ofOne.find(({ key }) => key.endsWith("/deploy"));
      return deploy ? { deploy: parseDocument(Deploy, deploy.key, deploy.value), ofOne } : [];
    })
    .sort((a, b) => b.deploy.revision - a.deploy.revision)
    .map(({ deploy, ofOne }) => ({ deploy, ...progressOf(service, deploy.revision, ofOne) }));
}

/** A history may be long: each rollout is looked for only among its own entries. */
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
