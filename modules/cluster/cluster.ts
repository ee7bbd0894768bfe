/** One environment, as data: a file in `clusters/` exports one. Copying that file makes another. */
export interface Cluster {
  /** A lower-case letter, then up to 30 letters, digits or dashes. Part of every resource's name. */
  readonly name: string;
  /** Addresses of the cluster's network. The local region takes a free /24 of it. */
  readonly cidr: string;
  /** Services answer at `<service>.<domain>`. @default none: each service names its `hosts` */
  readonly domain?: string;
  /** Keyed by the service's name: a name as above that is not reserved in Consul KV. */
  readonly services: Readonly<Record<string, ServiceSpec>>;
}

/** What a cluster says about one of its services. */
export interface ServiceSpec {
  /** Machines that run the service. The local region boots `min`. */
  readonly instances: { readonly min: number; readonly max: number };
  /** Host names that the load balancer and nginx answer for. @default `<service>.<domain>` */
  readonly hosts?: readonly string[];
  /** Arguments of a process, started in the release's folder. A release.json wins over it. */
  readonly command: readonly string[];
  /** Path that answers 2xx when a process is well. A release.json wins over it. @default "/ping" */
  readonly ping?: string;
  /** Workers on each instance. @default 4 */
  readonly processes?: number;
  /** Process n is reached at 127.0.0.1:`basePort + n`. @default 8000 */
  readonly basePort?: number;
  /** The Unix user of the processes. @default the service's name */
  readonly user?: string;
  /**
   * `overlap`: a new process starts beside the old one, nothing is ever out of rotation.
   * `in-place`: for a service that must never run twice. @default "overlap"
   */
  readonly strategy?: "overlap" | "in-place";
  /**
   * Processes that roll at once after the first, which always goes alone. `auto`: as memory
   * allows, at most 3. @default "auto"
   */
  readonly parallel?: "auto" | number;
  /** Consecutive good answers of the probe before a process may serve. @default 3 */
  readonly healthyCount?: number;
  /** Shortest time over which these answers must be good, in seconds. @default 2 */
  readonly minHealthyTimeSeconds?: number;
  /** Longest wait for a started process to become healthy, in seconds. @default 60 */
  readonly startTimeoutSeconds?: number;
  /** Longest wait for requests in flight before a stop, in seconds. @default 30 */
  readonly drainTimeoutSeconds?: number;
  /** From SIGTERM to SIGKILL, in seconds. @default 30 */
  readonly stopTimeoutSeconds?: number;
  /** Instances that may roll at the same time. @default 1 */
  readonly maxUnavailable?: number;
  /** Releases kept on disk, the running ones included. @default 5 */
  readonly keepReleases?: number;
}
