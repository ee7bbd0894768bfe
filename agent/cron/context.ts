import type { Consul } from "../../lib/consul.ts";
import type { Calendar } from "../../protocol/calendar.ts";
import type { CronEntry } from "../../protocol/cron.ts";
import type { CronNews } from "../../protocol/cron-news.ts";
import type { ServiceFile } from "../../protocol/service-file.ts";
import type { Clock, CronMarks, Log, OneShotUnit, Store } from "../core/effects.ts";
import type { Journal } from "../core/state.ts";
import type { Change } from "./news.ts";

/** Everything that runs the scheduled commands of a service on this instance. */
export interface CronContext {
  readonly service: ServiceFile;
  readonly instance: string;
  readonly consul: Consul;
  readonly journal: Pick<Journal, "current">;
  readonly store: Pick<Store, "stageOneShot" | "readEnvironment">;
  /** The unit of a scheduled command. */
  readonly unitOf: (name: string) => OneShotUnit;
  readonly marks: CronMarks;
  /** Whether a person has taken this instance out. */
  readonly isDrained: () => Promise<boolean>;
  /** Tells people; never throws and never waits. Absent where nobody is told. */
  readonly tell?: ((news: CronNews) => void) | undefined;
  /** Aborts when the instance leaves its fleet. */
  readonly leaving: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

/** One scheduled command, as this agent sees it. */
export interface Job extends CronContext {
  readonly name: string;
  readonly entry: CronEntry;
  readonly calendar: Calendar;
  readonly unit: OneShotUnit;
  /** Ends when no time is being settled: two at once would share the unit. Never rejects. */
  settled: Promise<void>;
  /** What this agent claimed and has not begun: it may not know whether Consul took it, or will. */
  readonly claims: Set<string>;
  /** News of a write that failed: Consul may have taken it, and its answer was lost. */
  untold?: Change | undefined;
  /** The runs for whose end it waits, here or elsewhere. */
  readonly attended: Set<string>;
}
