import * as z from "zod";
import { PingPath } from "./ping-path.ts";
import { secondsFrom } from "./seconds.ts";
import { unitSettings } from "./unit-settings.ts";

/**
 * How a process without HTTP says that it is ready: `notify`, by systemd's `READY=1`; `file`, by
 * making the file that `READY_FILE` names.
 */
export const Ready = z.enum(["notify", "file"]);
export type Ready = z.infer<typeof Ready>;

/**
 * One of several kinds of processes of a service. Its fields override those of the service; a kind
 * without `ping` speaks no HTTP: it has no port, and gets no request.
 */
export const ProcessKind = z.looseObject({
  /** How many of them run on each instance. */
  count: z.number().int().min(1).max(99),
  command: z.array(z.string().min(1)).min(1).optional(),
  ping: PingPath.optional(),
  ready: Ready.optional(),
  /** It runs on one instance of the fleet: the one that holds a lease in Consul. */
  singleton: z.literal(true).optional(),
  strategy: z.enum(["overlap", "in-place"]).optional(),
  healthyCount: z.number().int().min(1).max(100).optional(),
  minHealthyTimeSeconds: secondsFrom(0).optional(),
  startTimeoutSeconds: secondsFrom(1).optional(),
  drainTimeoutSeconds: secondsFrom(0).optional(),
  stopTimeoutSeconds: secondsFrom(1).optional(),
  ...unitSettings,
});
export type ProcessKind = z.infer<typeof ProcessKind>;
