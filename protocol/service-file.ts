import * as z from "zod";
import { parseJson } from "../lib/json.ts";
import { CronEntries } from "./cron.ts";
import { schemaVersion } from "./documents.ts";
import { Name, ServiceName } from "./names.ts";
import { PingPath } from "./ping-path.ts";
import { ProbeSettings } from "./probe.ts";
import { ProcessKind, Ready } from "./process-kind.ts";
import { secondsFrom } from "./seconds.ts";
import { serviceDefaults } from "./service-defaults.ts";
import { Share } from "./share.ts";
import { unitSettings } from "./unit-settings.ts";

const seconds = secondsFrom(0);

/** Front ports are `basePort + n`; worker ports lie above them, side a then side b. */
const sideOffset = { a: 100, b: 200 } as const;

/** The most processes an instance can have: side a's ports begin after the front ports. */
export const maxProcesses = 99;

/** Releases in which nginx looks for a static file: a page of an older one still asks for its own. */
export const staticReleases = 5;

/**
 * Names of static files' folders, none of which leads out of the release, and with no character that
 * nginx reads as its own: they are written into its sites as they are.
 */
const segment = "(?!\\.\\.?(/|$))[\\w.@-]+";
const staticPath = new RegExp(`^(/${segment})+$`);
const staticFolder = new RegExp(`^${segment}(/${segment})*$`);

/**
 * `/etc/shoestring/services/<service>.json`: the infrastructure's settings for a service on an
 * instance. Written by cloud-init from the `Service` construct; the agent only reads it.
 */
export const ServiceFile = z.looseObject({
  schema: z.literal(schemaVersion),
  service: ServiceName,
  cluster: Name,
  /**
   * Who sends requests: `internal`, the cluster's instances; `none`, nobody, as the processes speak
   * no HTTP. Absent: everybody, through the public load balancer.
   */
  http: z.enum(["internal", "none"]).optional(),
  /** Host names that nginx answers for; none where the service speaks no HTTP. */
  hosts: z.array(z.string().min(1)),
  /**
   * The service's rule on the load balancer, where a service of the same machine answers for one of
   * its hosts, too. nginx then takes them in the same order.
   */
  rule: z
    .object({
      /** A lower one is evaluated first. */
      priority: z.number().int(),
      /** Paths with `*` and `?`; every path where there is none. */
      paths: z.array(z.string().min(1)),
    })
    .optional(),
  /** HTTP/2 or gRPC from the load balancer to the process. Absent: HTTP/1.1. */
  protocol: z.enum(["http2", "grpc"]).optional(),
  /** Files of a release that nginx answers with, by the path before their names. Absent: none. */
  static: z
    .record(
      z.string().regex(staticPath),
      z.object({
        /** Folder in the release. */
        folder: z.string().regex(staticFolder),
        /** Whether a file with other contents has another name. */
        hashed: z.literal(true).optional(),
      }),
    )
    .optional(),
  /** Longest wait for more of an answer, in seconds. Absent: the load balancer's idle timeout. */
  requestTimeoutSeconds: z.number().int().min(1).max(4000).optional(),
  /** Largest body of a request, in MiB. Absent: any. */
  maxBodyMib: z.number().int().min(1).max(102_400).optional(),
  /** For how long a client stays with its process, in seconds. Absent: not at all. */
  stickySeconds: z.number().int().min(1).max(604_800).optional(),
  /** That the load balancer has no certificate. Absent where it speaks HTTPS. */
  plainHttp: z.literal(true).optional(),
  /** Processes on each instance, of all kinds. */
  processes: z.number().int().min(1).max(maxProcesses),
  /**
   * Kinds of processes by name, in the order in which they are numbered and rolled. Absent: all are
   * of one kind.
   */
  kinds: z.record(Name, ProcessKind).optional(),
  /** Process n is reached at 127.0.0.1:`basePort + n`. */
  basePort: z.number().int().min(1024).max(65_000),
  /** The Unix user of the processes; created at boot if it does not exist. */
  user: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/),
  /** Arguments of the process, started in the release's folder. A release.json overrides it. */
  command: z.array(z.string().min(1)).min(1),
  /** Path that answers 2xx when a process is healthy. One that a release.json names has to answer besides. */
  ping: PingPath,
  /** What a probe sends besides. Absent: what a request would have. */
  probe: ProbeSettings.optional(),
  /**
   * How a process says that it is ready, where the service speaks no HTTP. Absent: it is when it
   * has stayed up for `minHealthyTimeSeconds`.
   */
  ready: Ready.optional(),
  /**
   * The step before a release, which runs once for each deploy of one: its arguments, and the bound
   * after which it has failed. Absent: none.
   */
  before: z
    .object({ command: z.array(z.string().min(1)).min(1), timeoutSeconds: secondsFrom(1) })
    .optional(),
  /** Commands at scheduled times, each on one instance of the fleet. Absent: none. */
  cron: CronEntries.optional(),
  /**
   * `overlap`: the new process starts beside the old one. `in-place`: it starts after the old one
   * stopped.
   */
  strategy: z.enum(["overlap", "in-place"]),
  /** How many processes roll at once after the first; `auto`: as memory allows, at most 3. */
  parallel: z.union([z.literal("auto"), z.number().int().min(1).max(maxProcesses)]),
  /**
   * Whether the second batch boots while the first process is watched; none of it serves before the
   * first has served well. Only with `overlap`. A `parallel` that is a number includes the first,
   * too.
   */
  bootAhead: z.boolean().default(serviceDefaults.bootAhead),
  /** Consecutive successful probes before a process may serve. */
  healthyCount: z.number().int().min(1).max(100),
  /** Shortest time over which these probes must succeed. */
  minHealthyTimeSeconds: seconds,
  /** Longest wait for a started process to become healthy. */
  startTimeoutSeconds: seconds.min(1),
  /** Longest wait for requests in flight before a stop; longer connections are cut. */
  drainTimeoutSeconds: seconds,
  /** From SIGTERM to SIGKILL. */
  stopTimeoutSeconds: seconds.min(1),
  /**
   * Instances that may be rolling or drained at the same time: a number, or a share of the healthy
   * ones.
   */
  maxUnavailable: Share.refine((share) => share !== 0, "at least 1"),
  /** Below this many healthy instances, or this share of all, no healthy one begins a roll. */
  minHealthy: Share.default(serviceDefaults.minHealthy),
  /** Instances that roll alone before all others. */
  canary: z.union([z.literal(0), z.literal(1)]).default(serviceDefaults.canary),
  /** From the end of the canary's roll until the others may begin. */
  bakeSeconds: seconds.default(serviceDefaults.bakeSeconds),
  /**
   * From when everything serves until the release is good; a failure in between fails the rollout.
   */
  watchSeconds: seconds.default(serviceDefaults.watchSeconds),
  /**
   * A release fails if its share of failed requests exceeds the earlier one by this many percentage
   * points.
   */
  maxErrorShare: z.number().min(0).max(100).default(serviceDefaults.maxErrorShare),
  /** Instances that may fail before the rollout does; the canary may not. */
  maxFailures: z.number().int().min(0).default(serviceDefaults.maxFailures),
  /** Whether a failed rollout is followed by a deploy of the last known good release. */
  autoRollback: z.boolean().default(serviceDefaults.autoRollback),
  /** Without any progress for this long, a rollout is halted. */
  progressDeadlineSeconds: z
    .number()
    .min(10)
    .max(86_400)
    .default(serviceDefaults.progressDeadlineSeconds),
  /** Releases kept on disk, the running ones included. */
  keepReleases: z.number().int().min(2),
  /** A folder that the service keeps over releases on each instance. Absent: it has none. */
  state: z.looseObject({ maxMib: z.number().int().min(1) }).optional(),
  ...unitSettings,
});
export type ServiceFile = z.infer<typeof ServiceFile>;

/** One of the two places a process can run in; the other is spare. */
export type Side = "a" | "b";

/** The side a process goes to when it leaves this one. */
export const otherSide = (side: Side): Side => (side === "a" ? "b" : "a");

/**
 * Path that an instance answers with 200 while the service is healthy there, for any host: a load
 * balancer's health check cannot choose the host name.
 */
export const healthPath = (service: string) => `/shoestring/health/${service}`;

/** The port that nginx connects to; it never changes. */
export const frontPort = (service: ServiceFile, n: number) => service.basePort + n;

/** The port a process listens on (`PORT`). */
export const workerPort = (service: ServiceFile, n: number, side: Side) =>
  service.basePort + sideOffset[side] + n;

/** Numbers of a service's processes, from 1. */
export const processNumbers = (service: ServiceFile) =>
  Array.from({ length: service.processes }, (_, i) => i + 1);

const BuildSettings = {
  command: z.array(z.string().min(1)).min(1).optional(),
  ping: z.string().startsWith("/").optional(),
};

/**
 * `release.json` at a release's root: settings that the build knows better than the infrastructure.
 * `processes` has those of kinds by name.
 */
export const ReleaseFile = z.looseObject({
  ...BuildSettings,
  processes: z.record(Name, z.looseObject(BuildSettings)).optional(),
});
export type ReleaseFile = z.infer<typeof ReleaseFile>;

/**
 * Reads a release.json, when it is packed and when it is started.
 *
 * @returns the file, or why it cannot be used.
 */
export function readReleaseFile(
  text: string,
): { readonly file: ReleaseFile; readonly why?: never } | { readonly file?: never; why: string } {
  try {
    return { file: ReleaseFile.parse(parseJson(text)) };
  } catch {
    return { why: 'it is not JSON of the form {"command": ["…"], "ping": "/…"}' };
  }
}
