import {
  Deploy,
  Drain,
  formatDocument,
  Hold,
  InstanceRollout,
  Pause,
  type ProcessReport,
  Rollout,
  schemaVersion,
  type TimedStep,
} from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import { artifactKey, releaseId } from "../../protocol/releases.ts";

/** Keys and values, as they are in Consul. */
export type Documents = Readonly<Record<string, string>>;

/** The beginning of the tests' time. */
export const epoch = Date.parse("2026-03-02T09:00:00Z");

/** ISO 8601 of so many seconds after the beginning. */
export const at = (seconds: number) => new Date(epoch + seconds * 1000).toISOString();

export function aDeploy(differs: Partial<Deploy> & { sequence?: number } = {}): Deploy {
  const { service = "web", sequence = 7, ...rest } = differs;
  const commit = `${sequence}`.padEnd(40, "a4c9e1b");
  const build = { service, sequence, commit };
  return {
    schema: schemaVersion,
    service,
    revision: sequence,
    kind: "release",
    release: {
      id: releaseId(build),
      sequence,
      url: `s3://artifacts/${artifactKey(build)}`,
      versionId: "v1",
      sha256: "b".repeat(64),
      size: 9,
      commit,
    },
    newestSequence: sequence,
    reason: "a push",
    by: "ci",
    at: at(0),
    ...rest,
  };
}

/** The current deploy, with the copy that history shows. */
export function deployed(deploy: Deploy): Documents {
  return { [keys.deploy(deploy.service)]: formatDocument(Deploy, "", deploy), ...past(deploy) };
}

/** A deploy that history shows. */
export const past = (deploy: Deploy): Documents => ({
  [keys.rolloutDeploy(deploy.service, deploy.revision)]: formatDocument(Deploy, "", deploy),
});

export const good = (deploy: Deploy): Documents => ({
  [keys.good(deploy.service)]: formatDocument(Deploy, "", deploy),
});

export function rollout(
  { service, revision, at: startedAt }: Deploy,
  differs: Partial<Rollout> & Pick<Rollout, "phase">,
): Documents {
  const document = {
    schema: schemaVersion,
    startedAt,
    writtenBy: `${service}-1`,
    ...differs,
  } as const;
  return { [keys.rollout(service, revision)]: formatDocument(Rollout, "", document) };
}

export function instance(
  { service, revision, at: seenAt }: Deploy,
  name: string,
  differs: Partial<InstanceRollout>,
): Documents {
  const report = {
    schema: schemaVersion,
    instance: name,
    service,
    revision,
    phase: "rolling",
    seenAt,
    processes: {},
    connectionsCut: 0,
    ...differs,
  } as const;
  const key = keys.rolloutInstance(service, revision, name);
  return { [key]: formatDocument(InstanceRollout, "", report) };
}

export const aProcess = (
  { release, at: since }: Deploy,
  differs: Partial<ProcessReport> = {},
): ProcessReport => ({ release: release.id, phase: "serving", since, ...differs });

export const hold = (service: string, by: string, reason: string, when: string): Documents => ({
  [keys.hold(service)]: formatDocument(Hold, "", { schema: schemaVersion, by, reason, at: when }),
});

export const pause = (service: string, by: string, reason: string, when: string): Documents => ({
  [keys.pause(service)]: formatDocument(Pause, "", { schema: schemaVersion, by, reason, at: when }),
});

/** An instance that is drained for an hour. */
export const drain = (name: string, by: string, reason: string, seconds: number): Documents => {
  const document = {
    schema: schemaVersion,
    by,
    reason,
    at: at(seconds),
    until: at(seconds + 3600),
  };
  return { [keys.drain(name)]: formatDocument(Drain, "", document as Drain) };
};

/** Consecutive steps, each `[name, seconds]`, from this moment on. */
export function steps(from: number, ...each: readonly (readonly [string, number])[]): TimedStep[] {
  let now = from;
  return each.map(([step, seconds]) => {
    const timed = { step, at: at(now), ms: seconds * 1000 };
    now += seconds;
    return timed;
  });
}
