import * as z from "zod";
import { parseJson } from "../lib/json.ts";
import { Problem } from "../lib/problem.ts";
import { Traceparent } from "./artifact.ts";
import { InstanceName, ServiceName } from "./names.ts";
import { Commit, ReleaseId, RepositoryUrl, Sequence, Sha256 } from "./releases.ts";
import { SlackReference } from "./slack-reference.ts";

/** The version of all documents below. A document of another version changes nothing. */
export const schemaVersion = 2;

/** Two copies and the other operations fit into one transaction of Consul. */
const largestDocumentBytes = 128 * 1024;

/** A word that a newer program wrote. It is kept, and equals none of the words known here. */
export type OtherWord = string & { readonly isOther: unique symbol };

/**
 * One of a growing set of words; a reader accepts any other word too, and decides nothing by it.
 */
const wordOf = <const Words extends readonly string[]>(..._: Words) =>
  z.string().min(1).max(64) as unknown as z.ZodType<
    Words[number] | OtherWord,
    Words[number] | OtherWord
  >;

const document = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.looseObject({ schema: z.literal(schemaVersion), ...shape });

const Time = z.iso.datetime();
const Revision = z.number().int().min(1);

/**
 * One finished step of a deploy with its times, which the trace, history and the board draw. Steps
 * of a process have the names in `processSteps`; a reader accepts any other name too.
 */
export const TimedStep = z.looseObject({
  step: z.string().min(1),
  /** When it began. */
  at: Time,
  /** How long it took, in milliseconds. */
  ms: z.number().min(0),
  /** Why it failed; absent if it did not. */
  error: z.string().optional(),
});
export type TimedStep = z.infer<typeof TimedStep>;

/**
 * Steps of a process's roll, each at most once; `overlap` has no `close`, and a process that served
 * nothing before has neither `drain` nor `stop`. `undo` follows a step that failed.
 */
export const processSteps = [
  "close",
  "drain",
  "stop",
  "stage",
  "start",
  "probe",
  "open",
  "undo",
] as const;
export type ProcessStep = (typeof processSteps)[number];

/** The release of a deploy: its archive's address, and the values to check it against. */
export const Release = z.looseObject({
  id: ReleaseId,
  sequence: Sequence,
  /** `s3://bucket/key`. */
  url: z.string().regex(/^s3:\/\/[a-z0-9.-]+\/.+$/),
  /** Pins the object: a later upload under the same key is another object. */
  versionId: z.string().min(1),
  sha256: Sha256,
  /** Bytes of the archive. */
  size: z.number().int().min(1),
  commit: Commit,
  /** The page of the commit's repository, if the build named one. */
  repository: RepositoryUrl.optional(),
});
export type Release = z.infer<typeof Release>;

/** `deploys/<service>`: which release a service is to run. */
export const Deploy = document({
  service: ServiceName,
  /** Orders deploys: the previous one's + 1, by compare-and-swap. */
  revision: Revision,
  /**
   * Identifies a history: created with a service's first deploy in a Consul, and kept by all that
   * follow.
   */
  epoch: z.string().min(1).max(64).optional(),
  kind: z.enum(["release", "restart", "rollback"]),
  release: Release,
  /**
   * The release that a person rolls back from: no longer good when everything serves this deploy.
   */
  leaves: ReleaseId.optional(),
  /** The newest build ever announced; an older one is refused, even after a rollback. */
  newestSequence: Sequence,
  reason: z.string(),
  by: z.string(),
  at: Time,
  traceparent: Traceparent.optional(),
  /** Steps before the deploy, if known: `build`, `upload`, `announce`. */
  steps: z.array(TimedStep).optional(),
  /** Lets this deploy use a config that lost most of its keys, which is otherwise refused. */
  acceptShrunkConfig: z.boolean().optional(),
  /** The message that the build began. */
  slack: SlackReference.optional(),
});
export type Deploy = z.infer<typeof Deploy>;

/** In their order; in `watching` everything serves, and the release is not yet good. */
const rolloutPhases = ["canary", "rolling", "watching", "done", "failed", "halted"] as const;
export const RolloutPhase = wordOf(...rolloutPhases);
export type RolloutPhase = z.infer<typeof RolloutPhase>;

/** `rollouts/<service>/<revision>`: one deploy as the fleet applies it. */
export const Rollout = document({
  phase: RolloutPhase,
  startedAt: Time,
  /** When everything served: the watch began, or the rollout was done if it has no watch. */
  servedAt: Time.optional(),
  /** When the watch ends. For people: an agent counts by its own clock, and concludes later. */
  watchedUntil: Time.optional(),
  endedAt: Time.optional(),
  /** The instance whose agent wrote this last. */
  writtenBy: InstanceName,
  /** The instance that rolls alone while the phase is `canary`; absent until one has begun. */
  canary: InstanceName.optional(),
  /**
   * How many failures were reported: each one changes this document, so that conclusions drawn
   * without it are refused.
   */
  failures: z.number().int().min(0).optional(),
  /** No instance is left that was there when it began: late joiners apply it. */
  ownedByLateJoiners: z.boolean().optional(),
  /** Why it failed or was halted. */
  reason: z.string().optional(),
  /** Revision of the deploy that superseded it before its end. */
  supersededBy: Revision.optional(),
  /** The message of a deploy whose build began none, or whose message was lost. */
  slack: SlackReference.optional(),
  /**
   * When people had been notified of its end, or the notifiers gave up. Absent without a notifier.
   */
  notifiedAt: Time.optional(),
});
export type Rollout = z.infer<typeof Rollout>;

/** Whether this program knows the phase; it decides nothing about a rollout in another one. */
export const isKnownPhase = (phase: RolloutPhase): boolean =>
  (rolloutPhases as readonly string[]).includes(phase);

/** Phases that end a rollout. */
export const endedPhases: readonly RolloutPhase[] = ["done", "failed", "halted"];

/** When its rolling ended, without the watch, if everything serves; undefined before. */
export const rolledAt = ({ phase, servedAt, endedAt }: Rollout): string | undefined =>
  phase === "watching" || phase === "done" ? (servedAt ?? endedAt) : endedAt;

/** A process's phase, as people see it. */
export const ProcessPhase = wordOf(
  "serving",
  "waiting",
  "starting",
  "probing",
  "switching",
  "draining",
  "stopping",
  "out",
  "failed",
);
export type ProcessPhase = z.infer<typeof ProcessPhase>;

export const ProcessReport = z.looseObject({
  /** The release that serves this process's front port. */
  release: ReleaseId,
  phase: ProcessPhase,
  /** Absent where all processes of the service are of one kind. */
  kind: z.string().optional(),
  /** Its kind runs on one instance of the fleet: the holder of its lease (singletons.ts). */
  singleton: z.literal(true).optional(),
  since: Time,
  error: z.string().optional(),
  /** How often the supervisor restarted it by itself since it began to serve this release. */
  restarts: z.number().int().min(0).optional(),
  /** How it last ended by itself: exit status and the gist of its log, without secrets. */
  lastExit: z.string().optional(),
  /** Its finished steps, in the order of their ends. Absent if it was not rolled. */
  steps: z.array(TimedStep).optional(),
});
export type ProcessReport = z.infer<typeof ProcessReport>;

/** `rollouts/<service>/<revision>/instances/<instance>`: the roll on one instance. */
export const InstanceRollout = document({
  instance: InstanceName,
  service: ServiceName,
  revision: Revision,
  phase: wordOf(
    "fetching",
    "waiting",
    "rolling",
    "done",
    "failed",
    "halted",
    "superseded",
    /**
     * It ignores this deploy because it runs a newer one: Consul was restored from an older
     * snapshot.
     */
    "runs newer",
  ),
  /** When this instance saw the deploy. */
  seenAt: Time,
  /** When it had acquired the slot and began with its first process. */
  startedAt: Time.optional(),
  /** When the last process of the new release served. */
  servedAt: Time.optional(),
  /** When the last old process was gone. */
  endedAt: Time.optional(),
  /** Keyed by the process's number, from "1". */
  processes: z.record(z.string(), ProcessReport),
  /** Connections (websockets, long requests) that were cut when `drainTimeout` was over. */
  connectionsCut: z.number().int().min(0).default(0),
  /** Processes that were killed because they did not end in time after SIGTERM. */
  killed: z.number().int().min(0).optional(),
  /** The time that they had, in seconds. */
  killedAfterSeconds: z.number().min(0).optional(),
  /** The deploy that it runs while its phase is `runs newer`. */
  runs: z.looseObject({ revision: Revision, release: ReleaseId, at: Time }).optional(),
  /** The reason for its wait while its phase is `waiting`, in words. */
  waitsFor: z.string().optional(),
  /**
   * It came in the middle of the rollout: it runs `good`, and follows when the rollout is done, or
   * is left to late joiners.
   */
  lateJoiner: z.boolean().optional(),
  error: z.string().optional(),
  /** When its scheduled commands run, by name; `cron S` shows those that have not run yet. */
  cron: z
    .record(z.string(), z.looseObject({ at: z.string(), timeZone: z.string().optional() }))
    .optional(),
  /** Steps outside its processes: `prepare` once, `slot` before each batch. */
  steps: z.array(TimedStep).optional(),
});
export type InstanceRollout = z.infer<typeof InstanceRollout>;

/**
 * `rollouts/<service>/before`: the step before a release that ran last. At most one runs, and a
 * deploy's runs once.
 */
export const BeforeStep = document({
  revision: Revision,
  release: ReleaseId,
  /** `at` of its deploy: a revision may come again after Consul was restored. */
  deployedAt: Time.optional(),
  /** The instance that runs it. */
  instance: InstanceName,
  phase: wordOf("running", "done", "failed"),
  startedAt: Time,
  /** When it must have ended, by the file of its own instance; an older agent did not write it. */
  endsBy: Time.optional(),
  endedAt: Time.optional(),
  /** Why it failed. */
  error: z.string().optional(),
  /** The last lines that it wrote, without values of its environment. */
  output: z.array(z.string()).optional(),
});
export type BeforeStep = z.infer<typeof BeforeStep>;

/** One run of a scheduled command. */
export const CronRun = z.looseObject({
  /** The time by the calendar, the same for every instance. */
  scheduledFor: Time,
  /** The instance that runs it. */
  instance: InstanceName,
  release: ReleaseId,
  /** The instance's name for the environment that it runs with. */
  environmentId: z.string(),
  /** `withdrawn`: its instance did not begin it, as it left its fleet or was drained. */
  phase: wordOf("running", "done", "failed", "withdrawn"),
  startedAt: Time,
  /** When it must have ended, by the file of its own instance; an older agent did not write it. */
  endsBy: Time.optional(),
  endedAt: Time.optional(),
  /** Why it failed. */
  error: z.string().optional(),
  /** The last lines that it wrote, without values of its environment. */
  output: z.array(z.string()).optional(),
});
export type CronRun = z.infer<typeof CronRun>;

/**
 * `rollouts/<service>/cron-<name>`: a scheduled command in the whole fleet. A scheduled time runs
 * once at most, and one run at a time.
 */
export const CronState = document({
  /** The last run. */
  run: CronRun.optional(),
  /** The last run that failed, also when later ones did not. */
  failure: CronRun.optional(),
  /** The last scheduled time that was left out. */
  misfire: z.looseObject({ scheduledFor: Time, why: z.string() }).optional(),
  /** When people were last told that it failed, runs again, or that a time was left out. */
  told: z
    .looseObject({
      failedAt: Time.optional(),
      againAt: Time.optional(),
      leftOutAt: Time.optional(),
    })
    .optional(),
});
export type CronState = z.infer<typeof CronState>;

/**
 * `rollouts/<service>/large-state`: instances where the service keeps more state than its cluster
 * file says.
 */
export const LargeState = document({
  /** By name, with when each wrote it. */
  instances: z.record(
    InstanceName,
    z.looseObject({ mib: z.number().min(0), maxMib: z.number().min(0), at: Time }),
  ),
});
export type LargeState = z.infer<typeof LargeState>;

/** `holds/<service>`: automatic deploys are refused until a person lifts it. */
export const Hold = document({ by: z.string(), reason: z.string(), at: Time });
export type Hold = z.infer<typeof Hold>;

/**
 * `pauses/<service>`: a rollout of the service stops before its next batch until a person resumes
 * it.
 */
export const Pause = document({ by: z.string(), reason: z.string(), at: Time });
export type Pause = z.infer<typeof Pause>;

/** `drains/<instance>`: rollouts skip the instance and count it as unavailable. */
export const Drain = document({
  by: z.string(),
  reason: z.string(),
  at: Time,
  /** The document has no effect from this time on. */
  until: Time,
  /** Orders drains and undrains of all instances; absent in one that a person wrote by hand. */
  revision: Revision.optional(),
  /** When it was written, if later than `at`: undrained, or prolonged. */
  changedAt: Time.optional(),
});
export type Drain = z.infer<typeof Drain>;

/**
 * `drain-order`: every drain and undrain writes it, so that one of two at once must decide anew.
 */
export const DrainOrder = document({ revision: Revision });
export type DrainOrder = z.infer<typeof DrainOrder>;

/** `audit/<time>-<id>`: who did what, and why. Hashes, never values. */
export const Audit = document({
  at: Time,
  by: z.string(),
  action: z.string(),
  key: z.string(),
  reason: z.string(),
  /** SHA-256 of the document before and after; absent if there was none. */
  before: Sha256.optional(),
  after: Sha256.optional(),
  /** Why the desired deploy was refused, if it was. Nothing else was written. */
  refused: z.string().optional(),
});
export type Audit = z.infer<typeof Audit>;

/**
 * A document that this program cannot read: garbage, of a newer schema, or about something else. It
 * says nothing about its key's subject, so a reader that needs it waits until it can be read.
 */
export class DocumentUnusable extends Problem {
  override readonly name = "DocumentUnusable";
  readonly key: string;
  readonly why: string;

  constructor(key: string, why: string, cause?: unknown) {
    super({
      happened: `the document ${key} cannot be used: ${why}`,
      unchanged: "nothing was changed because of it",
      next: `look at it with: consul kv get ${key}`,
      cause,
    });
    this.key = key;
    this.why = why;
  }
}

/**
 * Reads and validates a document.
 *
 * @throws DocumentUnusable for text that is not JSON, an unknown schema or a wrong field.
 */
export function parseDocument<Schema extends z.ZodType>(
  schema: Schema,
  key: string,
  text: string,
): z.infer<Schema> {
  const refuse = (why: string, cause?: unknown) => new DocumentUnusable(key, why, cause);
  const bytes = Buffer.byteLength(text);
  if (bytes > largestDocumentBytes) {
    throw refuse(`it has ${bytes} bytes, at most ${largestDocumentBytes} are read`);
  }
  // The replacement character of bytes that are not text; a writer writes this character escaped.
  if (text.includes(noText)) throw refuse("it is not UTF-8");
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (cause) {
    throw refuse(text === "" ? "it is empty" : "it is not JSON", cause);
  }
  const version = (json as { schema?: unknown } | null)?.schema;
  if (version !== schemaVersion) {
    const words = JSON.stringify(version)?.slice(0, 20);
    throw refuse(`its schema is ${words}, this program knows ${schemaVersion}`);
  }
  const result = schema.safeParse(json);
  if (!result.success) throw refuse(z.prettifyError(result.error), result.error);
  return result.data;
}

/** The character that a decoder puts in the place of bytes that are not UTF-8. */
export const noText = "\ufffd";

/**
 * Writes a document as text, after the same validation as on reading.
 *
 * @throws Problem naming the key and the wrong field.
 */
export function formatDocument<Schema extends z.ZodType>(
  schema: Schema,
  key: string,
  value: z.input<Schema>,
): string {
  const text = JSON.stringify(value).replaceAll(noText, "\\ufffd");
  try {
    return JSON.stringify(parseDocument(schema, key, text)).replaceAll(noText, "\\ufffd");
  } catch (cause) {
    if (!(cause instanceof DocumentUnusable)) throw cause;
    // A bug of this program: waiting would not help.
    const { happened, unchanged, next } = cause;
    throw new Problem({ happened, unchanged, next, cause });
  }
}
