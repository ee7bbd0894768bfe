import type { Drain, Release } from "../../protocol/documents.ts";
import type { Side } from "../../protocol/service-file.ts";

/** Where a process runs: its number, and one of the two sides. */
export interface Place {
  readonly n: number;
  readonly side: Side;
}

/** How a release is started and asked whether it is well. */
export interface Launch {
  readonly command: readonly string[];
  readonly ping: string;
}

/** What takes a process out of rotation and back. Ports are front and worker ports. */
export interface Gate {
  /** Sends new connections for a front port to a worker port, in one transaction; opens it. */
  point(front: number, worker: number): Promise<void>;
  /** Refuses new connections to a front port; they open by themselves after this bound. */
  close(front: number, boundSeconds: number): Promise<void>;
}

/**
 * What a process is at. One that waits to be started again after a crash is starting; one that was
 * sent SIGTERM is stopping, whoever asked for it and whether or not they still wait.
 */
export type UnitStatus = "stopped" | "starting" | "running" | "stopping";

/** What the supervisor knows of a process. */
export interface UnitState {
  readonly status: UnitStatus;
  /** How often it was started again by itself since it was started, or is about to be. */
  readonly restarts: number;
}

/** How a stop ended: in its time, or with SIGKILL. */
export type StopEnd = "stopped" | "killed";

/** What starts and stops processes. */
export interface Supervisor {
  /**
   * Resolves when the process was started, not when it serves. It gets a small share of the
   * processors, so that those that serve do not feel that it boots. One that is still stopping is
   * started when it has stopped.
   */
  start(place: Place): Promise<void>;
  /** Gives a process the ordinary share of the processors, before it serves. */
  promote(place: Place): Promise<void>;
  /**
   * SIGTERM, then SIGKILL after the stop timeout; resolves when nothing of it is left. Once begun
   * it goes on, also when this fails or the agent dies.
   */
  stop(place: Place): Promise<StopEnd>;
  state(place: Place): Promise<UnitState>;
  /** Whether what listens on the port is this place's process. */
  listensOn(place: Place, port: number): Promise<boolean>;
  /** Whether the machine is shutting down: from then on no process can be started. */
  isEnding(): Promise<boolean>;
}

/** How one run of a process ended, as the supervisor saw it before it began the next one. */
export interface ProcessEnd {
  readonly place: Place;
  /** Names the run: each start has another one. */
  readonly invocation: string;
  /** Whether it was told to stop: by the agent, by hand, by a machine that shuts down. */
  readonly isAsked: boolean;
  /** The supervisor's word for it, like `success`, `exit-code`, `signal`, `timeout`, `oom-kill`. */
  readonly result: string;
  /** `exited`, or what a signal did: `killed` or `dumped`; `none` where nothing was started. */
  readonly code: string;
  /** The exit status, or the signal's name; `none` where nothing was started. */
  readonly status: string;
}

/** Tells how processes end. */
export interface Ends {
  /**
   * Calls for each end, for those too that came while no agent was there, and before it is known
   * whether it was asked for. What was not taken in
   * when the agent ends is told to the next one.
   */
  watch(take: (end: Promise<ProcessEnd>) => Promise<void>): void;
  /** The last lines that a run logged, oldest first. Never rejects: none where they cannot be read. */
  lastLines(end: ProcessEnd): Promise<readonly string[]>;
}

/** One try of a request at a process. */
export interface Try {
  /** The front port that it went to. */
  readonly front: number;
  /** When its request began, by the wall clock. */
  readonly beganAtMs: number;
  /** Answered with 5xx, refused, or not answered in time. */
  readonly isBad: boolean;
}

/** What the proxy tells of a service's requests, health checks left out. */
export interface RequestLog {
  /** From now on it tells. @throws Error where it cannot. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Tries that are over since the last read. */
  read(): Promise<readonly Try[]>;
}

/** One answer to one question whether a process is well. */
export type Answer =
  | { readonly status: number; readonly release?: string }
  | { readonly error: string };

/** Asks a process on its worker port. Never rejects: no answer is an answer. */
export interface Probe {
  ask(port: number, path: string): Promise<Answer>;
}

/** Counts established connections to a worker port. */
export interface Connections {
  count(port: number): Promise<number>;
}

/** The folders of a service on this instance. */
export interface Store {
  /** Whether it is here as a whole. @throws Problem where it is here with other contents. */
  hasRelease(release: Release): Promise<boolean>;
  /**
   * Downloads, verifies and unpacks; changes nothing that runs.
   *
   * @param isInUse whether a process serves it: what is there of it is then never taken away.
   * @param stop ends it, and then it is over before this rejects.
   */
  fetchRelease(release: Release, isInUse: boolean, stop: AbortSignal): Promise<void>;
  /** How a release that is here is started. */
  launchOf(releaseId: string): Promise<Launch>;
  /** Config of a deploy, written once; undefined where there is none, or a damaged one. */
  readSnapshot(snapshotId: string): Promise<Config | undefined>;
  writeSnapshot(snapshotId: string, releaseId: string, config: Config): Promise<void>;
  /** Makes a place ready to start: its pointer to the release, its environment, its command. */
  stage(place: Place, contents: PlaceContents): Promise<void>;
  /** Removes releases and snapshots that nothing in `keep` names. @returns the releases left. */
  prune(keep: Keep): Promise<ReadonlySet<string>>;
}

export type Environment = Readonly<Record<string, string>>;

/** A service's config as it was read from Consul once. */
export interface Config {
  /** What processes get: later scopes win, references are resolved. */
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

/** What must stay on disk. */
export interface Keep {
  readonly releases: ReadonlySet<string>;
  readonly snapshots: ReadonlySet<string>;
  /** How many releases to keep in all, the newest of the rest included. */
  readonly releaseCount: number;
}

/** Free memory, and what a running process uses. */
export interface Memory {
  availableBytes(): Promise<number>;
  /** 0 for a process that does not run. */
  usedBytes(place: Place): Promise<number>;
}

/** Why an instance is out of the load balancer on purpose; each reason holds by itself. */
export type OutReason = "leaving" | "drained";

/** What the load balancer hears of this instance. Whatever it hears, the instance serves on. */
export interface HealthCheck {
  /**
   * Fails the check until every reason is gone.
   *
   * @returns for how many milliseconds it has failed for this reason, whatever happens to the
   * date: an agent that was killed may have begun.
   */
  fail(reason: OutReason): Promise<number>;
  /** Takes a reason away. */
  pass(reason: OutReason): Promise<void>;
}

/** The Auto Scaling group of this instance. */
export interface Group {
  /**
   * The state that the group brings the instance to, like `InService` or `Terminated`; undefined
   * for an instance of no group.
   *
   * @throws Error where nothing on this machine knows.
   */
  targetState(): Promise<string | undefined>;
  /** What EC2 is about to do to a spot instance and when, in EC2's words; undefined: nothing. */
  spotNotice(): Promise<string | undefined>;
  /**
   * Answers a hook that waits.
   *
   * @returns false where it does not, or waits no more.
   * @throws Problem
   */
  complete(hook: string, result: "CONTINUE" | "ABANDON"): Promise<boolean>;
}

/** Where the drain that was read last outlives the agent. */
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

/** One structured line an event. Never a value of the environment. */
export type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void;
