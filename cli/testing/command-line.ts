import { expect, vi } from "vitest";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { deployOperations, nextDeploy, readDeploy } from "../../protocol/deploys.ts";
import {
  Deploy,
  formatDocument,
  InstanceRollout,
  parseDocument,
  type Release,
  Rollout,
  type RolloutPhase,
  schemaVersion,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { artifactKey, releaseId } from "../../protocol/releases.ts";
import type { Context } from "../core/context.ts";
import { main } from "../main.ts";
import type { Tracing } from "../trace/collector.ts";
import { memoryArtifacts } from "./memory-artifacts.ts";

/** The result of a command. */
export interface Result {
  readonly code: number;
  /** stdout and stderr, each as one text. */
  readonly out: string;
  readonly err: string;
}

/** A time before the CLI's own writes. */
const before = new Date("2026-01-01T00:00:00Z");

const nobodyListens: Tracing = { traceparent: undefined, tell: undefined };

/** The command line with a cluster in memory, a service `web` and no Slack. */
export function commandLine(
  tracing = nobodyListens,
  differs: Partial<Pick<Context, "repository" | "tellBuild" | "onInterrupt">> = {},
) {
  const consul = memoryConsul();
  consul.nodes("web", ["web-1"]);
  const artifacts = memoryArtifacts();
  const printed: string[] = [];
  let seconds = 0;
  let id = 0;
  const tick = () => {
    seconds += 1;
    return new Date(before.getTime() + seconds * 1000);
  };

  const printTo = (stream: string[]) => (line: string) => {
    stream.push(line);
    printed.push(line);
  };

  const shoestring = async (...argv: string[]): Promise<Result> => {
    const out: string[] = [];
    const err: string[] = [];
    const code = await main(
      argv,
      (cluster) => ({
        cluster,
        consul,
        artifacts,
        by: "alice",
        repository: undefined,
        tellBuild: async () => undefined,
        ...differs,
        now: tick,
        newId: () => `id${++id}`,
        tracing,
        out: printTo(out),
        say: printTo(err),
      }),
      (line) => void err.push(line),
      (line) => void out.push(line),
    );
    return { code, out: out.join("\n"), err: err.join("\n") };
  };

  /** Writes a deploy, as the announce function does. */
  const announce = async (
    sequence: number,
    service = "web",
    differs: Partial<Release> = {},
  ): Promise<Deploy> => {
    const current = await readDeploy(consul, service);
    const release = { ...aRelease(sequence, service), ...differs };
    const desired = { service, kind: "release", release, reason: "a push", by: "ci" } as const;
    const deploy = nextDeploy(current.deploy, desired, tick());
    await consul.write(deployOperations(current, deploy, `ci${++id}`));
    return deploy;
  };

  return {
    consul,
    artifacts,
    shoestring,
    announce,
    /** Waits until a command that still runs has printed these words. */
    says: (words: string) =>
      vi.waitFor(() => expect(printed.join("\n")).toContain(words), {
        timeout: 10_000,
        interval: 5,
      }),
    /** The time that the next command will see. */
    now: () => new Date(before.getTime() + (seconds + 1) * 1000),
    /** Lets time pass between two commands. */
    pass(hours: number) {
      seconds += hours * 3600;
    },
    /** The current deploy. */
    deploy: (service = "web") => {
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
      const startedAt = before.toISOString();
      const document = {
        schema: schemaVersion,
        phase,
        startedAt,
        coordinator: "web-1",
        ...differs,
      } as const;
      consul.put(key, formatDocument(Rollout, key, document));
    },
    /**
     * Writes an instance's report; its one process has the release, unless the test passes others.
     */
    report(
      deploy: Deploy,
      phase: InstanceRollout["phase"],
      error?: string,
      differs: Partial<
        Pick<
          InstanceRollout,
          "instance" | "killed" | "processes" | "runs" | "startedAt" | "waitsFor"
        >
      > = {},
    ) {
      const { service, revision, release } = deploy;
      const { instance = "web-1" } = differs;
      const key = keys.rolloutInstance(service, revision, instance);
      const since = before.toISOString();
      const document = {
        schema: schemaVersion,
        instance,
        service,
        revision,
        phase,
        seenAt: since,
        processes: { "1": { release: release.id, phase: "serving" as const, since } },
        ...(error === undefined ? {} : { error }),
        ...differs,
      } as const;
      consul.put(key, formatDocument(InstanceRollout, key, document));
    },
    /** Uploads a build without announcing it. */
    async upload(sequence: number, metadata: Readonly<Record<string, string>> = {}) {
      const { commit, sha256, size } = aRelease(sequence);
      const key = artifactKey({ service: "web", sequence, commit });
      const good = { sha256, size: String(size), commit, sequence: String(sequence) };
      await artifacts.put(key, Buffer.alloc(size), { "built-by": "ci", ...good, ...metadata });
    },
  };
}

/** `web-7-aaaaaaa`, or the same name with another sequence. */
export function aRelease(sequence: number, service = "web") {
  const commit = "a".repeat(40);
  const build = { service, sequence, commit };
  const url = `s3://artifacts/${artifactKey(build)}`;
  const sha256 = "b".repeat(64);
  return {
    id: releaseId(build),
    sequence,
    url,
    versionId: `v-${sequence}`,
    sha256,
    size: 9,
    commit,
  };
}
