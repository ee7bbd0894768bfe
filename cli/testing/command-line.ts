import { expect, vi } from "vitest";
import { memoryConsul } from "../../lib/testing/memory-consul.ts";
import { deployOperations, nextDeploy, readDeploy } from "../../protocol/deploys.ts";
import type { Deploy, Release } from "../../protocol/documents.ts";
import { artifactKey, releaseId } from "../../protocol/releases.ts";
import type { Context } from "../core/context.ts";
import { main } from "../main.ts";
import type { Tracing } from "../trace/collector.ts";
import { fleetDocuments } from "./fleet-documents.ts";
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

const nobodyListens: Tracing = { traceparent: undefined, exportSpans: undefined };

/** The command line with a cluster in memory, a service `web` and no Slack. */
export function commandLine(
  tracing = nobodyListens,
  differs: Partial<Pick<Context, "repository" | "notifyBuild" | "onInterrupt">> = {},
) {
  const consul = memoryConsul();
  consul.nodes("web", ["web-1"]);
  const artifacts = memoryArtifacts();
  const { tick, now, pass } = tickingClock();
  let id = 0;
  const context = {
    ...{ consul, artifacts, tracing, now: tick, newId: () => `id${++id}` },
    ...{ by: "alice", repository: undefined, notifyBuild: async () => undefined },
    ...differs,
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

  /** Uploads a build without announcing it. */
  const upload = async (sequence: number, metadata: Readonly<Record<string, string>> = {}) => {
    const { commit, sha256, size } = aRelease(sequence);
    const key = artifactKey({ service: "web", sequence, commit });
    const good = { sha256, size: String(size), commit, sequence: String(sequence) };
    await artifacts.put(key, Buffer.alloc(size), { "built-by": "ci", ...good, ...metadata });
  };

  return {
    ...{ consul, artifacts, announce, upload, now, pass },
    ...shell(context),
    ...fleetDocuments(consul, before.toISOString()),
  };
}

/** Runs commands, and keeps what they have printed. */
function shell(context: Omit<Context, "cluster" | "out" | "say">) {
  const printed: string[] = [];
  const printTo = (stream: string[]) => (line: string) => {
    stream.push(line);
    printed.push(line);
  };
  return {
    async shoestring(...argv: string[]): Promise<Result> {
      const out: string[] = [];
      const err: string[] = [];
      const code = await main(
        argv,
        (cluster) => ({ ...context, cluster, out: printTo(out), say: printTo(err) }),
        (line) => void err.push(line),
        (line) => void out.push(line),
      );
      return { code, out: out.join("\n"), err: err.join("\n") };
    },
    /** Waits until a command that still runs has printed these words. */
    says: (words: string) =>
      vi.waitFor(() => expect(printed.join("\n")).toContain(words), {
        timeout: 10_000,
        interval: 5,
      }),
  };
}

/** A clock that goes on by a second with each look of a command. */
function tickingClock() {
  let seconds = 0;
  const at = (second: number) => new Date(before.getTime() + second * 1000);
  return {
    tick() {
      seconds += 1;
      return at(seconds);
    },
    /** The time that the next command will see. */
    now: () => at(seconds + 1),
    /** Lets time pass between two commands. */
    pass(hours: number) {
      seconds += hours * 3600;
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
