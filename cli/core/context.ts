import type { Consul } from "../../lib/consul.ts";
import type { Artifacts } from "../releases/artifacts.ts";
import type { NotifyBuild } from "../releases/notify-build.ts";
import type { Tracing } from "../trace/collector.ts";
import type { WaitFor } from "./wait-option.ts";

/** The cluster that a command works on, and its effects. */
export interface Context {
  readonly cluster: string;
  readonly consul: Consul;
  readonly artifacts: Artifacts;
  /** The person or program that runs the command, for the audit. */
  readonly by: string;
  /** The repository's web page, where a workflow provides it. */
  readonly repository: string | undefined;
  /** Reports a build to Slack. */
  readonly notifyBuild: NotifyBuild;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly tracing: Tracing;
  /** Runs `act` if the program is interrupted. @returns a function that cancels this. */
  readonly onInterrupt?: (act: () => void) => () => void;
  /** Prints the answer, to stdout. */
  readonly out: (line: string) => void;
  /** Prints progress, to stderr. */
  readonly say: (line: string) => void;
}

/** The options that commands share, already checked. */
export interface Options {
  readonly json: boolean;
  /** The state that the command waits for; undefined where it does not wait. */
  readonly wait: WaitFor | undefined;
  /** Longest wait, in seconds. @default 600 */
  readonly timeoutSeconds: number;
  readonly service: string | undefined;
  readonly reason: string | undefined;
  readonly to: string | undefined;
  readonly sequence: number | undefined;
  readonly commit: string | undefined;
  readonly by: string | undefined;
  /** A file to write. */
  readonly out: string | undefined;
  /** The time when a build began that ended before this command. @default the command's start */
  readonly buildStarted: Date | undefined;
  readonly global: boolean;
  readonly acceptShrunkConfig: boolean;
  readonly forSeconds: number | undefined;
  readonly force: boolean;
}

/** One command: its words, and its action. */
export interface Command {
  /** Shown on wrong use, after `shoestring`. */
  readonly usage: string;
  readonly about: string;
  /** The number of words after the command's name. */
  readonly words: readonly [least: number, most: number];
  /** The kind of thing that the first word names. @default "service" */
  readonly first?: "service" | "instance" | "folder" | "phase";
  /** The reason why `--reason` is required, for the error. @default it is optional */
  readonly needsReason?: string;
  /** Checks specific to this command. @returns the error, or undefined where the call is valid. */
  readonly wrong?: (words: readonly string[], options: Options) => string | undefined;
  /** @returns the exit code. */
  readonly run: (context: Context, words: readonly string[], options: Options) => Promise<number>;
}
