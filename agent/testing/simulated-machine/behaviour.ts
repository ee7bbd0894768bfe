import type { ProcessEnd } from "../../core/effects.ts";

/** The behaviour of a release's processes. @default healthy */
export interface Behaviour {
  readonly bootMs?: number;
  readonly exitsAtStart?: boolean;
  /** From SIGTERM to its end. */
  readonly stopMs?: number;
  /** The same of single processes, by number: those that are in a job. */
  readonly jobMs?: Readonly<Record<number, number>>;
  readonly status?: number;
  readonly claims?: string;
  readonly dies?: Death;
  /** It ignores SIGTERM, and is killed at the end of the stop timeout. */
  readonly ignoresStop?: boolean;
  /** It answers every nth request of a run with 500. */
  readonly failsEvery?: number;
  /** Its log, and that of the step before it, oldest line first. */
  readonly lines?: readonly string[];
  /** The step before it. @default it takes a second and succeeds */
  readonly before?: { readonly ms?: number; readonly fails?: boolean };
  /** Its scheduled command. @default it takes a second and succeeds */
  readonly cron?: Behaviour["before"];
}

/** Makes a process exit by itself although it answers its probes. The supervisor restarts it. */
export interface Death {
  /** At this request of its run, counting those for `path` if there is one. */
  readonly atRequest?: number;
  readonly path?: string;
  /** This long after it began to answer. */
  readonly afterMs?: number;
  /** Whether only every second run of a place exits. */
  readonly alternates?: boolean;
  /** @default exit status 1 */
  readonly end?: EndWords;
}

export type EndWords = Pick<ProcessEnd, "result" | "code" | "status">;

export const exitStatus0: EndWords = { result: "success", code: "exited", status: "0" };
export const exitStatus1: EndWords = { result: "exit-code", code: "exited", status: "1" };
