import { type Deploy, type InstanceRollout, schemaVersion, type TimedStep } from "../documents.ts";
import { releaseId } from "../releases.ts";

const start = Date.UTC(2026, 0, 1, 12);

/** A time in the sample deploy, in seconds from its beginning. */
export const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();

/** A step of the sample deploy: when it began and how long it took, in seconds. */
export const step = (name: string, from: number, seconds: number, error?: string): TimedStep => ({
  step: name,
  at: at(from),
  ms: Math.round(seconds * 1000),
  ...(error === undefined ? {} : { error }),
});

/** A deploy written 3 s after the beginning: built, uploaded and announced before. */
export function aTracedDeploy(differs: Partial<Deploy> = {}): Deploy {
  const commit = "a".repeat(40);
  const build = { service: "web", sequence: 7, commit };
  return {
    schema: schemaVersion,
    service: "web",
    revision: 3,
    kind: "release",
    release: {
      id: releaseId(build),
      sequence: 7,
      url: `s3://artifacts/web/7-${commit}.tar.gz`,
      versionId: "v7",
      sha256: "b".repeat(64),
      size: 9,
      commit,
    },
    newestSequence: 7,
    reason: "a push",
    by: "ci",
    at: at(3),
    steps: [step("build", 0, 2), step("upload", 2, 0.5), step("announce", 2.5, 0.5)],
    ...differs,
  };
}

/** One instance's roll of that deploy: it sees the deploy after 3 s and is done after 8 s. */
export function aRoll(differs: Partial<InstanceRollout> = {}): InstanceRollout {
  const release = aTracedDeploy().release.id;
  return {
    schema: schemaVersion,
    instance: "web-1",
    service: "web",
    revision: 3,
    phase: "done",
    seenAt: at(3),
    startedAt: at(4.5),
    endedAt: at(8),
    processes: {
      "1": {
        release,
        phase: "serving",
        since: at(8),
        steps: [
          step("start", 4.5, 0.1),
          step("probe", 4.6, 1.4),
          step("open", 6, 0.1),
          step("drain", 6.1, 1.4),
          step("stop", 7.5, 0.5),
        ],
      },
    },
    steps: [step("prepare", 3, 1), step("slot", 4, 0.5)],
    connectionsCut: 0,
    ...differs,
  };
}
