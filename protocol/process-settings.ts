import type { ProcessKind, Ready } from "./process-kind.ts";
import { processNumbers, type ServiceFile } from "./service-file.ts";

/** A kind of processes with the numbers of its processes. */
interface NumberedKind {
  readonly name: string;
  readonly kind: ProcessKind;
  readonly first: number;
}

/** The kinds of a service in the order of their numbers; [] where all processes are of one kind. */
function numberedKinds({ kinds = {} }: Pick<ServiceFile, "kinds">): NumberedKind[] {
  let first = 1;
  return Object.entries(kinds).map(([name, kind]) => {
    const numbered = { name, kind, first };
    first += kind.count;
    return numbered;
  });
}

const kindAt = (service: ServiceFile, n: number): NumberedKind | undefined =>
  numberedKinds(service).findLast(({ first }) => first <= n);

/** The name of the kind of process n; undefined where all are of one kind. */
export const kindOf = (service: ServiceFile, n: number): string | undefined =>
  kindAt(service, n)?.name;

/** The settings of process n: those of its kind, over those of the service. */
export function settingsOf(service: ServiceFile, n: number): ServiceFile {
  const kind = kindAt(service, n)?.kind;
  return kind ? withKind(service, kind) : service;
}

function withKind<S extends object>(service: S, { count: _, ...overrides }: ProcessKind): S {
  return { ...service, ...overrides };
}

/** The settings of each kind of processes; those of the service where all are of one kind. */
export function settingsOfKinds<S extends Pick<ServiceFile, "kinds">>(service: S): S[] {
  const kinds = Object.values(service.kinds ?? {});
  return kinds.length === 0 ? [service] : kinds.map((kind) => withKind(service, kind));
}

/** The longest of a time over all kinds of processes, in the unit of the function. */
export const longestOf = <S extends Pick<ServiceFile, "kinds">>(
  service: S,
  time: (settings: S) => number,
): number => Math.max(...settingsOfKinds(service).map(time));

/** Whether process n answers requests: it has a port, a place in nginx, and a probe over HTTP. */
export function speaksHttp(service: ServiceFile, n: number): boolean {
  const kind = kindAt(service, n)?.kind;
  return kind ? kind.ping !== undefined : service.http !== "none";
}

/** How process n says that it is ready; undefined for one that speaks HTTP or says nothing. */
export const readyBy = (service: ServiceFile, n: number): Ready | undefined =>
  speaksHttp(service, n) ? undefined : settingsOf(service, n).ready;

/** Numbers of the processes that run on one instance of the fleet only. */
export const singletonsOf = (service: ServiceFile): number[] =>
  processNumbers(service).filter((n) => kindAt(service, n)?.kind.singleton === true);

/** The settings of the processes that answer requests: they are of one kind. */
export const httpSettings = (service: ServiceFile): ServiceFile =>
  settingsOf(service, httpProcesses(service)[0] ?? 1);

/** Numbers of the processes that answer requests. */
export const httpProcesses = (service: ServiceFile): number[] =>
  processNumbers(service).filter((n) => speaksHttp(service, n));

type Timeouts = Pick<
  ServiceFile,
  "drainTimeoutSeconds" | "stopTimeoutSeconds" | "startTimeoutSeconds"
>;

/**
 * The longest time that a process with these settings can take to roll, whatever becomes of it: each
 * wait in it is bounded. A process that fails in place stops and starts twice: the new one, and the
 * old one again.
 */
export const processBoundSeconds = ({
  drainTimeoutSeconds,
  stopTimeoutSeconds,
  startTimeoutSeconds,
}: Timeouts): number => drainTimeoutSeconds + 2 * stopTimeoutSeconds + 2 * startTimeoutSeconds + 10;

/** The longest time that one process, or several at once, can take to roll, of whichever kind. */
export const batchBoundSeconds = (service: Timeouts & Pick<ServiceFile, "kinds">): number =>
  longestOf(service, processBoundSeconds);
