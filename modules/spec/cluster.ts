import type { Share } from "../../protocol/share.ts";
import type { StopSignal } from "../../protocol/unit-settings.ts";
import type { Architecture } from "../shared/image.ts";

/** One environment, as data: a file in `clusters/` exports one. Copying that file makes another. */
export interface Cluster {
  /** Name of the cluster and of its file: a lower-case letter, then letters, digits or dashes. Part of every resource's name. */
  readonly name: string;
  /** Addresses of the cluster's network, a private /16 to /22 that no other cluster has. */
  readonly cidr: string;
  /** The AWS account, 12 digits; many clusters may share one. */
  readonly account: string;
  /** The AWS region, like `eu-central-1`. */
  readonly region: string;
  /** Services answer at `<service>.<name>.<domain>`, with a certificate made for that. @default none: each service names its `hosts`, over plain HTTP */
  readonly dns?: {
    /** Like "example.org". */
    readonly domain: string;
    /** Its hosted zone in Route 53, like "Z0123456789ABC". */
    readonly zoneId: string;
    /** Most names in the certificate: ACM's quota, which AWS raises to at most 100 when asked. @default 10 */
    readonly maxCertificateNames?: number;
  };
  /** Availability zones, 2 or 3. @default 2 */
  readonly zones?: 2 | 3;
  /** How instances reach the internet: see `Network`. @default "one" */
  readonly nat?: "one" | "per-zone" | "none";
  /** Whether flow logs record every connection. @default false */
  readonly flowLogs?: boolean;
  /** E-mail address that is notified of alarms. @default none: the topic has no subscriber yet */
  readonly alarmsTo?: string;
  /** Slack channel to which deploys are reported: one message for each, edited until the deploy is over. See docs/slack.md. @default none */
  readonly slack?: SlackSpec;
  /** Whether load balancers and databases refuse to be deleted. @default true */
  readonly deletionProtection?: boolean;
  /** Consul's servers. @default 3 of t4g.small */
  readonly consul?: {
    readonly servers?: 1 | 3 | 5;
    readonly instanceType?: string;
    /**
     * Security groups whose members may call Consul's HTTP API: those of the machines that apply
     * `<cluster>-config` and of those where people work. Each is of the cluster's network or of a
     * peered one, and has a name, like `{ runners: "sg-0123456789abcdef0" }`. @default none
     */
    readonly httpFrom?: Readonly<Record<string, string>>;
  };
  /** Collector to which the trace of each deploy is sent: any that takes OTLP over HTTP. @default none; `shoestring trace` needs none */
  readonly trace?: ClusterTraceSpec;
  /** Environment variables of all services, by names like `LOG_LEVEL` or `http_proxy`. A secret never stands here. @default none */
  readonly config?: Readonly<Record<string, string>>;
  /** The load balancer that the services share. */
  readonly loadBalancer?: {
    /** Seconds without data after which it closes a connection, from 1 to 4000: a WebSocket has to ping more often, a slow answer to begin sooner. @default 60 */
    readonly idleTimeoutSeconds?: number;
  };
  /** The services, by name. It has the form of a cluster's name, and is not reserved in Consul KV. */
  readonly services: Readonly<Record<string, ServiceSpec>>;
  /** Small apps in containers, on Fargate. @default none */
  readonly apps?: Readonly<Record<string, AppSpec>>;
  /** PostgreSQL servers, by name. @default none */
  readonly databases?: Readonly<Record<string, DatabaseSpec>>;
}

/** A channel of Slack. The bot's token is in the parameter `/shoestring/<cluster>/global/slack-token`. */
export interface SlackSpec {
  /** The channel's id, like "C0123456789"; never its name, which may change. */
  readonly channel: string;
  /** Pages that a message links to; `{cluster}`, `{service}`, `{revision}` and `{trace}` are filled in. @default none */
  readonly links?: {
    /** A deploy's trace, like "https://traces.example.org/{trace}". */
    readonly trace?: string;
    /** The board, like "https://board.example.org/{cluster}#{service}". */
    readonly board?: string;
  };
  /** Slack's API. @default that of slack.com */
  readonly api?: string;
}

/** A collector of traces. */
export interface TraceSpec {
  /** Its URL without `/v1/traces`, like "https://api.honeycomb.io". */
  readonly endpoint: string;
  /** Headers by name, like `x-honeycomb-team`; each value is a reference, like `ssm:/shoestring/<cluster>/trace/key`. @default none */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A cluster's collector, and what sends spans to it besides the agents and `announce`. */
export interface ClusterTraceSpec extends TraceSpec {
  /** Whether builds at GitHub send spans too. `false` for a collector inside the VPC, which they do not reach. @default true */
  readonly fromBuilds?: boolean;
}

/** How systemd runs a process. */
export interface UnitSpec {
  /** Signal that asks a process to end, like "SIGQUIT" for unicorn. @default "SIGTERM" */
  readonly stopSignal?: StopSignal;
  /**
   * Who gets that signal: every process that the command started (`all`), or only the first one
   * (`main`), which then ends the others itself. `main` spares the children that a job has started,
   * like ffmpeg; it suits no command that starts the real one in a shell. @default "all"
   */
  readonly stopSignalTo?: "all" | "main";
  /** Limits of each process, together with those that it starts. @default systemd's, but for `files` */
  readonly limits?: {
    /** Open files and connections, from 64 to 524288. @default 65536 */
    readonly files?: number;
    /** Memory in MiB. The kernel kills a process that needs more; it is started again. @default none */
    readonly memoryMib?: number;
    /** Processor time, in percent of one processor: 150 is one and a half. @default none */
    readonly cpuPercent?: number;
    /** Processes and threads. @default 15 % of what the machine may have */
    readonly tasks?: number;
    /**
     * What follows when the kernel kills one of several processes for want of memory: all of them
     * stop and start again, or the others go on. @default "stop"
     */
    readonly oomPolicy?: "stop" | "continue";
  };
  /** Rights that new files lack, in octal, like "027". @default "022" */
  readonly umask?: string;
  /** Time zone of the process (`TZ`), like "Europe/Berlin". The instance and its logs stay in UTC. @default UTC */
  readonly timeZone?: string;
}

/** Settings of one service of a cluster. */
export interface ServiceSpec extends UnitSpec {
  /** Machines that run the service. */
  readonly instances: InstancesSpec;
  /** Host names that the load balancer and nginx answer for. @default `<service>.<cluster>.<domain>` */
  readonly hosts?: readonly string[];
  /** Paths like "/api/*" that the load balancer sends here. @default every path of the hosts */
  readonly paths?: readonly string[];
  /** Priority of the service's rule on the load balancer, from 1 to 999; a lower one is evaluated first. @default derived from the name */
  readonly priority?: number;
  /** Databases of the cluster that it connects to. @default none */
  readonly databases?: readonly string[];
  /**
   * Environment variables of this service alone; they override the cluster's. In place of a secret
   * they have a reference to it: `ssm:/<path>`, `secretsmanager:<name>`, or `…#<field>` for one
   * field of a secret that is JSON. @default none
   */
  readonly config?: Readonly<Record<string, string>>;
  /** GitHub repository whose branch `deploy/<cluster>` uploads its releases, as GitHub writes it in tokens. @default none: people upload */
  readonly repository?: string;
  /**
   * Who sends requests: `public`, everybody through the load balancer; `internal`, the cluster's
   * instances, over plain HTTP at `<service>.<cluster>.internal`; `none`, nobody: the processes speak
   * no HTTP, have no port and no host. Where no kind of `processes` has a `ping`, it must be `none`.
   * @default "public"
   */
  readonly http?: "public" | "internal" | "none";
  /**
   * What the load balancer and nginx speak to a process: `http2` and `grpc` without TLS, behind a
   * load balancer with it. A service with `grpc` is asked for `ping` as a call without a message. It
   * cannot be changed later. @default "http1"
   */
  readonly protocol?: "http1" | "http2" | "grpc";
  /**
   * Files of a release that nginx answers with, without a process: the folder for a path, like
   * `{ "/assets": "public/assets" }`; a browser asks each time whether one has changed. With
   * `{ folder: "public/assets", hashed: true }` it keeps them for a year, so their names must have a
   * hash of their contents. @default none: processes answer everything
   */
  readonly static?: Readonly<Record<string, string | StaticFolder>>;
  /**
   * Longest wait for a process to send something of its answer, in seconds; then the client gets
   * 504. At most the load balancer's `idleTimeoutSeconds`, which ends a connection, too, and the
   * drain of the processes that answer, 30 without `shutdownTimeoutSeconds`. @default none: the load balancer decides
   */
  readonly requestTimeoutSeconds?: number;
  /** Largest body of a request, in MiB; larger ones get 413. @default any size */
  readonly maxBodyMib?: number;
  /**
   * For how long a client comes back to the same instance and the same process, in seconds; each
   * answer begins the time anew. Two cookies say which. @default none: each request goes to any process
   */
  readonly stickySeconds?: number;
  /** Command and arguments of a process, which starts in the release's folder. A release.json overrides it. @default none: each kind of process has its own */
  readonly command?: readonly string[];
  /**
   * Command and arguments of a step before each release, like `["bin/migrate"]`. It runs once for
   * each deploy of a release, on one instance, with the release and its environment, before any
   * process of it starts. Its failure fails the deploy. @default none
   */
  readonly before?: readonly string[];
  /**
   * Time after which that step is killed and has failed, in seconds. The default of
   * `progressDeadlineSeconds` follows from it: a step may wait for an earlier one. @default 300
   */
  readonly beforeTimeoutSeconds?: number;
  /**
   * Commands at scheduled times, by name, like
   * `{ nightly: { command: ["bin/clear-sessions"], at: "*-*-* 03:00:00" } }`. Each runs on one
   * instance of the fleet, with the release and environment that serve there, never twice at once.
   * @default none
   */
  readonly cron?: Readonly<Record<string, CronSpec>>;
  /**
   * Path that answers 2xx when a process is healthy. A release.json may name another one, which has
   * to answer besides. Where a probe has to send more, `{ path: "/ping", host: "localhost" }`.
   * @default "/ping"; with `grpc` "/grpc.health.v1.Health/Check"
   */
  readonly ping?: string | PingSpec;
  /**
   * How a process without HTTP says that it is ready: `notify`, by systemd's READY=1; `file`, by
   * making the file that its variable READY_FILE names. @default none: it is ready when it has stayed up for `minHealthyTimeSeconds`
   */
  readonly ready?: "notify" | "file";
  /**
   * Processes on each instance: how many, or several kinds by name, like
   * `{ web: { count: 4, command: […], ping: "/ping" }, worker: { count: 2, command: […] } }`. They
   * are rolled in the order in which they are written. @default 4
   */
  readonly processes?: number | Readonly<Record<string, ProcessKindSpec>>;
  /** Process n is reached at 127.0.0.1:`basePort + n`. @default 8000 */
  readonly basePort?: number;
  /** The Unix user of the processes, none of the system's. It is made where the image has none. @default `app-<service>` */
  readonly user?: string;
  /**
   * `overlap`: a new process starts beside the old one, nothing is ever out of rotation.
   * `in-place`: for a service that must never run twice. @default "overlap"
   */
  readonly strategy?: "overlap" | "in-place";
  /**
   * Processes that roll at once after the first, which always rolls alone. `auto`: as memory
   * allows, at most 3. @default "auto"
   */
  readonly parallel?: "auto" | number;
  /**
   * Whether processes that roll after the first already boot while the first is watched. They serve
   * when it has served well; they are stopped where it fails. A `parallel` that is a number counts
   * the first, too, so with 1 nothing boots ahead. Only with `overlap`, and for processes that
   * speak HTTP: a worker works as soon as it runs. @default true
   */
  readonly bootAhead?: boolean;
  /** Consecutive good answers of the probe before a process may serve. @default 3 */
  readonly healthyCount?: number;
  /** Shortest time over which these answers must be good, in seconds. @default 2 */
  readonly minHealthyTimeSeconds?: number;
  /** Longest wait for a started process to become healthy, in seconds. @default 60 */
  readonly startTimeoutSeconds?: number;
  /**
   * The longest that a request or a job may take, in seconds. From it follow `drainTimeoutSeconds`,
   * `stopTimeoutSeconds`, the time of the hook that ends an instance, and a
   * `progressDeadlineSeconds` that suffices. @default none: those fields, each by itself
   */
  readonly shutdownTimeoutSeconds?: number;
  /** Longest wait for connections to close before a stop, in seconds. A job without a connection is not waited for. @default 30 */
  readonly drainTimeoutSeconds?: number;
  /** Time from SIGTERM to SIGKILL, in seconds: the longest that a job may take. @default 30 */
  readonly stopTimeoutSeconds?: number;
  /** Instances that may be rolling or drained at the same time: a number, or a share of the healthy ones like "25%" (at least 1). @default 1 */
  readonly maxUnavailable?: Share;
  /** Fewest healthy instances, a number or a share of all like "50%". Below it no healthy instance begins a roll, except to roll back. @default "50%" */
  readonly minHealthy?: Share;
  /** Instances that roll alone before all others: 1, or 0 for none. @default 1 */
  readonly canary?: 0 | 1;
  /** Time from the end of the canary's roll until the others may begin, in seconds. @default 10 */
  readonly bakeSeconds?: number;
  /** Time for which a release is watched after it serves everywhere, in seconds; then it is good. 0 for no watch. A failure in this time fails the deploy. @default 60 */
  readonly watchSeconds?: number;
  /** A release fails when the share of its requests that fail (5xx, refused) exceeds the share before it by more than this, in percentage points; 100 for never. @default 5 */
  readonly maxErrorShare?: number;
  /** Instances that may fail without failing the rollout; the canary never may. @default 0 */
  readonly maxFailures?: number;
  /** Whether a failed rollout is followed by a deploy of the last known good release, and a hold. @default true */
  readonly autoRollback?: boolean;
  /** Time without any progress after which a rollout is halted, in seconds. @default 600 */
  readonly progressDeadlineSeconds?: number;
  /** Releases kept on disk, the running ones included; beside `static` 5 or more. @default 5 */
  readonly keepReleases?: number;
  /**
   * A folder on each instance that all processes of the service share, and that stays over releases
   * and reboots (`STATE_DIRECTORY`). It goes with the instance. @default none
   */
  readonly state?: {
    /** Size in MiB above which the agent logs `state.large`. Nothing is refused. */
    readonly maxMib: number;
  };
}

/** What both probes send, the agent's and the load balancer's. */
export interface PingSpec {
  /** Path that answers 2xx, like "/ping". */
  readonly path: string;
  /** The header `Host`. @default the first of the service's `hosts` without a wildcard */
  readonly host?: string;
  /** Headers by name, like `{ Accept: "application/json" }`. Never a secret. @default those of a request */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A command at scheduled times. */
export interface CronSpec {
  /** Command and arguments, started in the folder of the release that serves. */
  readonly command: readonly string[];
  /**
   * When, as systemd's `OnCalendar=` says it, like "Mon..Fri 03:00", "*:0/15", "daily" or "hourly",
   * in the service's `timeZone`.
   */
  readonly at: string;
  /** Time after which it is killed and has failed, in seconds, up to a day. @default 600 */
  readonly timeoutSeconds?: number;
}

/** A folder of a release whose files nginx answers with. */
export interface StaticFolder {
  /** The folder, from the root of the release, like "public/assets". */
  readonly folder: string;
  /** Whether the names of the files have a hash of their contents. @default false */
  readonly hashed?: boolean;
}

/** One kind of processes of a service. What is left out is as the service has it. */
export interface ProcessKindSpec extends UnitSpec {
  /** How many run on each instance. */
  readonly count: number;
  /** Command and arguments. A release.json overrides it in `processes.<kind>.command`. @default the service's `command` */
  readonly command?: readonly string[];
  /** Path that answers 2xx when a process is healthy, as for a service. @default none: the kind speaks no HTTP */
  readonly ping?: string | PingSpec;
  /**
   * Whether one process of the kind runs in the whole fleet, like a clock: the instance that holds
   * a lease in Consul runs it, and another one takes over when that one is gone. Never two run at
   * once. @default false
   */
  readonly singleton?: true;
  /** How a process of a kind without `ping` says that it is ready. @default as for the service */
  readonly ready?: "notify" | "file";
  /** @default as for the service */
  readonly strategy?: "overlap" | "in-place";
  /** @default as for the service */
  readonly healthyCount?: number;
  /** @default as for the service */
  readonly minHealthyTimeSeconds?: number;
  /** @default as for the service */
  readonly startTimeoutSeconds?: number;
  /** @default as for the service */
  readonly shutdownTimeoutSeconds?: number;
  /** @default as for the service */
  readonly drainTimeoutSeconds?: number;
  /** @default as for the service */
  readonly stopTimeoutSeconds?: number;
}

/** Machines of their own, or those of another service. */
export type InstancesSpec =
  | {
      /** The fewest instances, and the number at first. */
      readonly min: number;
      /** The most instances: up to there `scaling`, a `schedule` or a person may raise their number. */
      readonly max: number;
      /** What raises and lowers the number between `min` and `max`. @default nothing: people set it */
      readonly scaling?: ScalingSpec;
      /**
       * Other limits at times that come again, by name, like
       * `{ night: { from: "0 20 * * *", until: "0 6 * * *", min: 1, max: 1 } }`. @default none
       */
      readonly schedule?: Readonly<Record<string, ScheduleSpec>>;
      /** Instance types, the preferred one first. @default ["t4g.small"] */
      readonly types?: readonly string[];
      /** @default "arm64" */
      readonly architecture?: Architecture;
      /** Part of the instances above `onDemandBase` that are spot, in percent. @default 0 */
      readonly spotPercent?: number;
      /** Instances that are never spot: so many of them, before any is. Beside `spotPercent` only. @default `min` */
      readonly onDemandBase?: number;
      /** Channel in which images are published; an instance boots the newest of its channel. @default "stable" */
      readonly imageChannel?: string;
      /** Size of the root disk, in GiB. @default 20 */
      readonly diskGib?: number;
    }
  | {
      /** The service on whose instances this one runs too. */
      readonly sharedWith: string;
    };

/** What the number of instances follows. With both fields the larger number counts. */
export interface ScalingSpec {
  /** Requests a minute to the service that each instance gets, about. @default none: requests do not count */
  readonly requestsPerMinute?: number;
  /** Average processor use of the instances, in percent, from 10 to 90, about. @default none: processors do not count */
  readonly cpuPercent?: number;
}

/** Limits between two times that come again. Afterwards those of the instances count again. */
export interface ScheduleSpec {
  /** When they begin, as cron says it, "0 20 * * 1-5": minute, hour, day of the month, month and day of the week, in the service's `timeZone`. */
  readonly from: string;
  /** When they end, in the same form. */
  readonly until: string;
  /** The fewest instances; without `scaling` also their number. @default that of the instances */
  readonly min?: number;
  /** The most instances. @default that of the instances */
  readonly max?: number;
}

/** A small app in containers. */
export interface AppSpec {
  /** The image with its digest: `…/app@sha256:…`. */
  readonly image: string;
  /** Host names. @default `<app>.<cluster>.<domain>` */
  readonly hosts?: readonly string[];
  /** Port of the container. @default 8080 */
  readonly port?: number;
  /** CPU units of a task, 1024 to a processor. @default 256 */
  readonly cpu?: number;
  /** @default 512 */
  readonly memoryMib?: number;
  /** Path that answers 2xx. @default "/ping" */
  readonly ping?: string;
  /** @default 2 */
  readonly minTasks?: number;
  /** @default 4 */
  readonly maxTasks?: number;
}

/** A PostgreSQL server. */
export interface DatabaseSpec {
  /** @default "db.t4g.medium" */
  readonly instanceClass?: string;
  /** Storage at the start, in GiB. @default 20 */
  readonly storageGib?: number;
  /** Storage up to which it grows by itself, in GiB. @default 100 */
  readonly maxStorageGib?: number;
  /** @default true */
  readonly multiAz?: boolean;
  /** Days that backups are kept. @default 7 */
  readonly backupDays?: number;
}

/** The AWS account that the clusters share, as data: `clusters/account.ts`. */
export interface AccountSpec {
  /** 12 digits. */
  readonly account: string;
  /** The region of Terraform's state, like `eu-central-1`. */
  readonly region: string;
  /** GitHub repository of the infrastructure, as GitHub writes it in tokens. */
  readonly repository: string;
  /** Who makes the provider of GitHub's tokens: the stack `account`, or somebody did before, as an account has only one. @default "own" */
  readonly githubProvider?: "own" | "existing";
  /** Budget of a month, in US dollars; `budgetEmails` are notified at 80 % and at 100 % of it, and when the forecast exceeds it. */
  readonly monthlyBudgetUsd: number;
  /** E-mail addresses that are notified of the budget. */
  readonly budgetEmails: readonly string[];
}
