import type { Drain, Release } from "../../protocol/documents.ts";
import type { Side } from "../../protocol/service-file.ts";

/** One of the two sides of a process. */
export interface Place {
  readonly n: number;
  readonly side: Side;
}

/** The command that starts a process, and the path that a probe asks. */
export interface LaunchOfProcess {
  readonly command: readonly string[];
  readonly ping: string;
}

/** What the processes of a release start with. */
export interface Launch extends LaunchOfProcess {
  /** By kind, where the service has several. */
  readonly kinds?: Readonly<Record<string, LaunchOfProcess>>;
  /** Kinds that its release.json names and the service does not have. @default none */
  readonly unknownKinds?: readonly string[];
}

/** Takes a process out of rotation and back. Ports are front and worker ports. */
export interface Gate {
  /** Opens a front port and sends its new connections to a worker port, in one transaction. */
  point(front: number, worker: number): Promise<void>;
  /** Refuses new connections to a front port, which opens by itself after this bound. */
  close(front: number, boundSeconds: number): Promise<void>;
}

/**
 * The state of a process. One that waits for its restart after a crash is starting. One that was
 * sent SIGTERM is stopping, even when the caller no longer waits.
 */
export type UnitStatus = "stopped" | "starting" | "running" | "stopping";

/** The supervisor's view of a process. */
export interface UnitState {
  readonly status: UnitStatus;
  /** Automatic restarts since the last start, including one that is due. */
  readonly restarts: number;
}

/** Whether a process stopped in its time or needed SIGKILL. */
export type StopEnd = "stopped" | "killed";

/** Starts and stops processes. */
export interface Supervisor {
  /**
   * Resolves when the process was started, not when it serves. It gets a small share of the
   * processors, so that its boot does not slow those that serve. A process that is still stopping
   * starts when it has stopped.
   */
  start(place: Place): Promise<void>;
  /** Gives a process the ordinary share of the processors, before it serves. */
  promote(place: Place): Promise<void>;
  /**
   * Sends SIGTERM, then SIGKILL after the stop timeout; resolves when nothing of the process is
   * left. A stop that has begun goes on, also when this call fails or the agent dies.
   */
  stop(place: Place): Promise<StopEnd>;
  state(place: Place): Promise<UnitState>;
  /** Whether this place's process is the one that listens on the port. */
  listensOn(place: Place, port: number): Promise<boolean>;
  /**
   * Why a process that speaks no HTTP is not ready; undefined for one that is. One that says nothing
   * is ready while it runs.
   */
  notReady(place: Place): Promise<string | undefined>;
  /**
   * Whether the machine is shutting down, or the instance has ended its work for its group: from then
   * on no process can be started.
   */
  isEnding(): Promise<boolean>;
}

/** Runs one command of a release, such as the step before it; the run outlives the agent. */
export interface OneShotUnit {
  /** Forgets the run before; one that is under way is stopped. */
  reset(): Promise<void>;
  /** Resolves when it was started from what was staged, not when it has ended. */
  start(): Promise<void>;
  /** How it is since the last reset; `none` where it was not started since, or the machine booted. */
  state(): Promise<"none" | "running" | "done" | { readonly failed: string }>;
  /** The last lines that it wrote, oldest first; [] if they cannot be read. */
  lastLines(): Promise<readonly string[]>;
}

/** Tells when the time of a scheduled command has come. */
export interface CronMarks {
  /**
   * Calls for each time, with when the machine noticed it. What one agent did not handle is told to
   * the next one; of several times of one command only the last.
   */
  watch(take: (name: string, firedAt: Date) => Promise<void>): void;
}

/** The end of one run of a process, as the supervisor saw it before it began the next one. */
export interface ProcessEnd {
  readonly place: Place;
  /** Names the run: each start has its own. */
  readonly invocation: string;
  /** Whether a stop was requested: by the agent, by hand, by a machine that shuts down. */
  readonly isAsked: boolean;
  /** The supervisor's word for it, like `success`, `exit-code`, `signal`, `timeout`, `oom-kill`. */
  readonly result: string;
  /** `exited`, or what a signal did: `killed` or `dumped`; `none` where nothing was started. */
  readonly code: string;
  /** The exit status, or the signal's name; `none` where nothing was started. */
  readonly status: string;
}

/** Reports how processes end. */
export interface Ends {
  /**
   * Calls for each end, also for those while no agent ran, and before it is known whether the end
   * was requested. An end that one agent did not handle is reported to the next one.
   */
  watch(take: (end: Promise<ProcessEnd>) => Promise<void>): void;
  /** The last lines that a run logged, oldest first; [] if they cannot be read. Never rejects. */
  lastLines(end: ProcessEnd): Promise<readonly string[]>;
}

/** One attempt to pass a request to a process. */
export interface Try {
  /** The front port that it went to. */
  readonly front: number;
  /** When its request began, by the wall clock. */
  readonly beganAtMs: number;
  /** Answered with 5xx, refused, or not answered in time. */
  readonly isBad: boolean;
}

/** The proxy's log of a service's requests, without health checks. */
export interface RequestLog {
  /** Starts to log. @throws Error where it cannot. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Tries that ended since the last read. */
  read(): Promise<readonly Try[]>;
}

/** The answer to one probe. */
export type Answer =
  | { readonly status: number; readonly release?: string }
  | { readonly error: string };

/** Asks a process on its worker port. Never rejects: a missing answer becomes `error`. */
export interface Probe {
  ask(port: number, path: string): Promise<Answer>;
}

/** Counts established connections to a worker port. */
export interface Connections {
  count(port: number): Promise<number>;
}

/** The folders of a service on this instance. */
export interface Store {
  /**
   * Whether the disk has the whole release, for a deploy of it: where another one came after it, its
   * files get new times. @throws Problem where its contents are different.
   */
  hasRelease(release: Release): Promise<boolean>;
  /**
   * Downloads, verifies and unpacks; changes nothing that runs.
   *
   * @param isInUse whether a process serves it: then files that are on disk are never removed.
   * @param stop aborts the fetch, which is over before this rejects.
   */
  fetchRelease(release: Release, isInUse: boolean, stop: AbortSignal): Promise<void>;
  /** The launch of a release that is on disk. */
  launchOf(releaseId: string): Promise<Launch>;
  /** Config of a deploy, written once; undefined where it is missing or damaged. */
  readEnvironment(environmentId: string): Promise<Config | undefined>;
  writeEnvironment(environmentId: string, releaseId: string, config: Config): Promise<void>;
  /** Writes what a place starts from: its pointer to the release, its environment, its command. */
  stage(place: Place, contents: PlaceContents): Promise<void>;
  /** Lets nginx look first for static files in a release that begins to serve. */
  offerFirst(releaseId: string): Promise<void>;
  /** Writes what a one-shot unit starts from; `cron-…` keeps its release on disk. */
  stageOneShot(name: string, contents: PlaceContents): Promise<void>;
  /** Removes releases and environments that nothing in `keep` names. @returns the releases left. */
  prune(keep: Keep): Promise<ReadonlySet<string>>;
}

export type Environment = Readonly<Record<string, string>>;

/** A service's config, as one read from Consul gave it. */
export interface Config {
  /** The variables of a process: later scopes win, references are resolved. */
  readonly environment: Environment;
  /** Names of the variables that each scope had, also of those that another scope overrode. */
  readonly scopes: { readonly global: readonly string[]; readonly own: readonly string[] };
}

/** Everything a process is started from. */
export interface PlaceContents {
  readonly releaseId: string;
  readonly command: readonly string[];
  readonly environment: Environment;
}

/** The releases and environments that must stay on disk. */
export interface Keep {
  readonly releases: ReadonlySet<string>;
  readonly environments: ReadonlySet<string>;
  /** How many releases to keep in all, the newest of the rest included. */
  readonly releaseCount: number;
}

/** Free memory, and the memory of a running process. */
export interface Memory {
  availableBytes(): Promise<number>;
  /** 0 for a process that does not run. */
  usedBytes(place: Place): Promise<number>;
}

/** Why an instance is out of the load balancer on purpose; each reason holds by itself. */
export type OutReason = "leaving" | "drained";

/** The health check that the load balancer reads. The instance serves, whatever it says. */
export interface HealthCheck {
  /**
   * Fails the check until every reason is gone.
   *
   * @returns for how many milliseconds it has failed for this reason, whatever happens to the date:
   * a killed agent may have begun it.
   */
  fail(reason: OutReason): Promise<number>;
  /** Removes a reason. */
  pass(reason: OutReason): Promise<void>;
}

/** The Auto Scaling group of this instance. */
export interface Group {
  /**
   * The state that the group brings the instance to, like `InService` or `Terminated`; undefined
   * for an instance of no group.
   *
   * @throws Error where the metadata service does not answer.
   */
  targetState(): Promise<string | undefined>;
  /** What EC2 is about to do to a spot instance and when, in EC2's words; undefined: nothing. */
  spotNotice(): Promise<string | undefined>;
  /**
   * Answers a hook that waits.
   *
   * @returns false where it does not wait, or no longer.
   * @throws Problem
   */
  complete(hook: string, result: "CONTINUE" | "ABANDON"): Promise<boolean>;
  /**
   * Lets a hook that waits begin its time anew.
   *
   * @returns false where it does not wait, or no longer.
   * @throws Problem
   */
  extend(hook: string): Promise<boolean>;
}

/** Persists the last drain across restarts of the agent. */
export interface PersistedDrain {
  read(): Promise<Drain | undefined>;
  write(drain: Drain): Promise<void>;
}

export interface Clock {
  now(): Date;
  /** Milliseconds that only go forward, whatever happens to the date. */
  monotonicMs(): number;
  sleep(ms: number): Promise<void>;
}

/** Writes one structured line for each event, never with a value of the environment. */
export type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void;
