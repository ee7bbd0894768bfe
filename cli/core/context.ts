import type { Consul } from "../../lib/consul.ts";
import type { Artifacts } from "../releases/artifacts.ts";
import type { TellBuild } from "../releases/tell-build.ts";
import type { Tracing } from "../trace/collector.ts";
import type { WaitFor } from "./wait-option.ts";

/** Where a command works and what it may cause. */
export interface Context {
  readonly cluster: string;
  readonly consul: Consul;
  readonly artifacts: Artifacts;
  /** Who does it, for the audit. */
  readonly by: string;
  /** The page of the repository that is built, if a workflow says it. */
  readonly repository: string | undefined;
  /** Tells Slack of a build. */
  readonly tellBuild: TellBuild;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly tracing: Tracing;
  /** Does something before the program ends because somebody interrupts it. @returns what takes that back. */
  readonly onInterrupt?: (act: () => void) => () => void;
  /** The answer: stdout. */
  readonly out: (line: string) => void;
  /** What happens meanwhile: stderr. */
  readonly say: (line: string) => void;
}

/** The options that commands share, already checked. */
export interface Options {
  readonly json: boolean;
  /** Until when the command waits; undefined where it does not. */
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
  /** When a build began that ended before this command. @default with the command */
  readonly buildStarted: Date | undefined;
  readonly global: boolean;
  readonly acceptShrunkConfig: boolean;
  readonly forSeconds: number | undefined;
  readonly force: boolean;
}

/** One command: its words, and what it does. */
export interface Command {
  /** As shown with wrong use, after `shoestring`. */
  readonly usage: string;
  readonly about: string;
  /** How many words it takes after its name. */
  readonly words: readonly [least: number, most: number];
  /** What its first word names. @default "service" */
  readonly first?: "service" | "instance" | "folder";
  /** Why it takes no call without `--reason`. @default it takes one */
  readonly needsReason?: string;
  /** What is wrong with a call, beyond what every command asks; undefined where nothing is. */
  readonly wrong?: (words: readonly string[], options: Options) => string | undefined;
  /** @returns the exit code. */
  readonly run: (context: Context, words: readonly string[], options: Options) => Promise<number>;
}
