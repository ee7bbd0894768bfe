import { type Deploy, schemaVersion } from "../../protocol/documents.ts";
import { releaseId } from "../../protocol/releases.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Log } from "../core/effects.ts";
import type { Target } from "../roll/roll.ts";

/** A service with quick values; a test states what differs. */
export function aService(differs: Partial<ServiceFile> = {}): ServiceFile {
  return {
    schema: schemaVersion,
    service: "web",
    cluster: "test",
    hosts: ["web.test"],
    processes: 4,
    basePort: 8000,
    user: "web",
    command: ["node", "server.js"],
    ping: "/ping",
    strategy: "overlap",
    parallel: "auto",
    bootAhead: true,
    healthyCount: 3,
    minHealthyTimeSeconds: 0.2,
    startTimeoutSeconds: 2,
    drainTimeoutSeconds: 5,
    stopTimeoutSeconds: 5,
    maxUnavailable: 1,
    minHealthy: 0,
    canary: 1,
    bakeSeconds: 0,
    watchSeconds: 0,
    maxErrorShare: 5,
    maxFailures: 0,
    autoRollback: false,
    progressDeadlineSeconds: 600,
    keepReleases: 5,
    ...differs,
  };
}

/** A deploy of the build with this sequence, made in its minute of 2026. */
export function aDeploy(sequence: number, differs: Partial<Deploy> = {}): Deploy {
  const commit = sequence.toString(16).padStart(40, "c");
  const id = releaseId({ service: "web", sequence, commit });
  return {
    schema: schemaVersion,
    service: "web",
    revision: sequence,
    kind: "release",
    release: {
      id,
      sequence,
      url: `s3://artifacts/web/${sequence}-${commit}.tar.gz`,
      versionId: `v${sequence}`,
      sha256: "a".repeat(64),
      size: 1000,
      commit,
    },
    newestSequence: sequence,
    reason: "a test",
    by: "test",
    at: new Date(Date.UTC(2026, 0, 1, 0, sequence)).toISOString(),
    ...differs,
  };
}

/** The target that a roll brings every process to. */
export function aTarget(sequence: number, greeting = `hello ${sequence}`): Target {
  const { release, revision } = aDeploy(sequence);
  return {
    releaseId: release.id,
    environmentId: String(revision),
    launch: { command: ["node", "server.js"], ping: "/ping" },
    environment: { GREETING: greeting },
  };
}

export const silentLog: Log = () => {};
