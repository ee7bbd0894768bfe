import type { Entry } from "../lib/consul.ts";
import { parseDeploy } from "../protocol/deploys.ts";
import type { Deploy } from "../protocol/documents.ts";
import { phaseOf } from "../protocol/history.ts";
import { keys } from "../protocol/keys.ts";
import { progressOf } from "../protocol/status.ts";
import { parseEach } from "../protocol/unusable.ts";
import { type Entries, historyLength } from "./state.ts";

/** The prefixes of a cluster's documents, besides its rollouts. */
export const base = [
  keys.deploys(),
  keys.holds(),
  keys.pauses(),
  keys.drains(),
  keys.allReleases(),
];

/** The entries of the last read of each prefix. */
export class BoardEntries {
  readonly #found = new Map<string, readonly Entry[]>();

  has(prefix: string): boolean {
    return this.#found.has(prefix);
  }

  set(prefix: string, entries: readonly Entry[]): void {
    this.#found.set(prefix, entries);
  }

  /** Forgets the rollouts that the page shows no more. */
  prune(): void {
    const onPage = new Set([...base, ...this.currentDeploys().flatMap(prefixesOnPage)]);
    for (const prefix of this.#found.keys()) {
      if (!onPage.has(prefix)) this.#found.delete(prefix);
    }
  }

  /** The current deploys. An invalid one is shown as such, but there is no rollout to follow. */
  currentDeploys(): readonly Deploy[] {
    const key = keys.deploys();
    return parseEach(this.#under(key), (it) => parseDeploy(it.key.slice(key.length), it)).usable;
  }

  /** The phase of a rollout as far as its documents are valid. */
  phase(service: string, revision: number): string {
    return phaseOf(progressOf(service, revision, this.#rollout(service, revision)));
  }

  isEnded(service: string, revision: number): boolean {
    return ["done", "failed", "halted"].includes(this.phase(service, revision));
  }

  /** The entries that the page shows. */
  forPage(): Entries {
    return {
      deploys: this.#under(keys.deploys()),
      holds: this.#under(keys.holds()),
      pauses: this.#under(keys.pauses()),
      drains: this.#under(keys.drains()),
      releases: this.#under(keys.allReleases()),
      leases: this.currentDeploys().flatMap(({ service }) => this.#under(keys.singletons(service))),
      rollouts: this.currentDeploys().flatMap(({ service, revision }) =>
        revisionsOnPage(revision).flatMap((one) => this.#rollout(service, one)),
      ),
    };
  }

  #under(prefix: string): readonly Entry[] {
    return this.#found.get(prefix) ?? [];
  }

  /** Only this revision's: the prefix of revision 1 also matches revision 10. */
  #rollout(service: string, revision: number): readonly Entry[] {
    const key = keys.rollout(service, revision);
    return this.#under(key).filter((e) => e.key === key || e.key.startsWith(`${key}/`));
  }
}

/** The revisions before this one that are shown with it. */
export const olderThan = (revision: number) =>
  Array.from({ length: Math.min(historyLength, revision) - 1 }, (_, i) => revision - 1 - i);

const revisionsOnPage = (revision: number) => [revision, ...olderThan(revision)];

const prefixesOnPage = ({ service, revision }: Deploy) => [
  keys.singletons(service),
  ...revisionsOnPage(revision).map((one) => keys.rollout(service, one)),
];
