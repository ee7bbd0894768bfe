import {
  Deploy,
  formatDocument,
  InstanceRollout,
  parseDocument,
  Rollout,
  type RolloutPhase,
  schemaVersion,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";

/** A Consul in memory, read and written without waiting. */
interface Memory {
  text(key: string): string | undefined;
  put(key: string, value: string): void;
}

/** @param startedAt when rollouts and reports began. */
export const fleetDocuments = (consul: Memory, startedAt: string) => ({
  /** The current deploy. */
  deploy(service = "web") {
    const key = keys.deploy(service);
    return parseDocument(Deploy, key, consul.text(key) ?? "");
  },

  /** Records that a deploy was good on the whole fleet. */
  good(deploy: Deploy, key = keys.good(deploy.service)) {
    consul.put(key, formatDocument(Deploy, key, deploy));
  },

  /** Writes a rollout's phase as its coordinator does. */
  rollout(
    { service, revision }: Deploy,
    phase: RolloutPhase,
    differs: Partial<Pick<Rollout, "reason" | "servedAt" | "watchedUntil">> = {},
  ) {
    const key = keys.rollout(service, revision);
    const document = {
      schema: schemaVersion,
      ...{ phase, startedAt, writtenBy: "web-1" },
      ...differs,
    } as const;
    consul.put(key, formatDocument(Rollout, key, document));
  },

  /**
   * Writes an instance's report; its one process has the release, unless the test passes others.
   */
  report(
    { service, revision, release }: Deploy,
    phase: InstanceRollout["phase"],
    error?: string,
    differs: Partial<
      Pick<
        InstanceRollout,
        | "cron"
        | "instance"
        | "killed"
        | "killedAfterSeconds"
        | "processes"
        | "runs"
        | "seenAt"
        | "startedAt"
        | "waitsFor"
      >
    > = {},
  ) {
    const { instance = "web-1" } = differs;
    const key = keys.rolloutInstance(service, revision, instance);
    const serving = { release: release.id, phase: "serving", since: startedAt } as const;
    const document = {
      schema: schemaVersion,
      ...{ instance, service, revision, phase, seenAt: startedAt },
      processes: { "1": serving },
      ...(error === undefined ? {} : { error }),
      ...differs,
    } as const;
    consul.put(key, formatDocument(InstanceRollout, key, document));
  },
});
