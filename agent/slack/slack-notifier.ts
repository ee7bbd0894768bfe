import { type BackgroundWorker, backgroundWorker } from "../../lib/background-worker.ts";
import { logOnChange } from "../../lib/log-on-change.ts";
import type { RolloutView } from "../../protocol/rollout-view.ts";
import { SlackAway, SlackMessageGone } from "../../slack/client.ts";
import type { Log } from "../core/effects.ts";
import type { RolloutNotifier } from "../rollout/notifier.ts";
import { PacedSlack, type PacedSlackContext } from "./paced-slack.ts";
import {
  type ChannelContext,
  keyOf,
  RolloutThread,
  type RolloutThreadContext,
} from "./rollout-thread.ts";

/**
 * A view that could not be shown for this long is outdated. A rollout's end is retried for longer.
 */
const newsMs = 15_000;
const lastNewsMs = 600_000;

/** Rollouts kept in memory; older ones get no more views. */
const mostThreads = 50;

export interface SlackNotifierContext extends ChannelContext, PacedSlackContext {
  readonly log: Log;
}

interface Queued {
  readonly thread: RolloutThread;
  /** When its view becomes outdated. */
  readonly outdatedAtMs: number;
}

/**
 * Shows rollouts in Slack: one message for each deploy, edited, and a call in its thread when a
 * person is needed. Only the newest view counts, and calls keep a pace. Whatever Slack does,
 * nothing waits for it, and little is kept in memory.
 */
export class SlackNotifier implements RolloutNotifier {
  readonly #deps: SlackNotifierContext;
  readonly #slack: PacedSlack;
  readonly #threadDeps: RolloutThreadContext;
  readonly #logFailure: ReturnType<typeof logOnChange>;
  readonly #worker: BackgroundWorker;
  /** In the order in which they are shown. */
  readonly #queue = new Map<string, Queued>();

  constructor(deps: SlackNotifierContext) {
    const { log } = deps;
    this.#deps = deps;
    this.#slack = new PacedSlack(deps);
    this.#threadDeps = {
      ...deps,
      slack: this.#slack,
      logSave: logOnChange((error) => log("slack.save", { error })),
      logFind: logOnChange((error) => log("slack.find", { error })),
    };
    this.#logFailure = logOnChange((error) => log("slack.failed", { error }));
    this.#worker = backgroundWorker(
      () => this.#showAll(),
      () => this.#next() !== undefined,
    );
  }

  show(view: RolloutView): void {
    const key = keyOf(view.deploy);
    const thread = this.#queue.get(key)?.thread ?? new RolloutThread(this.#threadDeps, view);
    if (thread.isAbandoned) return;
    thread.update(view);
    const keptMs = thread.hasEnded ? lastNewsMs : newsMs;
    this.#queue.set(key, { thread, outdatedAtMs: this.#deps.clock.monotonicMs() + keptMs });
    const [oldest] = this.#queue.keys();
    if (this.#queue.size > mostThreads && oldest !== undefined) this.#queue.delete(oldest);
    this.#worker.start();
  }

  settled(): Promise<void> {
    return this.#worker.settled();
  }

  async #showAll(): Promise<void> {
    const { clock, log } = this.#deps;
    for (;;) {
      const next = this.#next();
      if (!next) return;
      const { thread, outdatedAtMs } = next;
      const waitMs = this.#slack.waitMs();
      if (clock.monotonicMs() + waitMs > outdatedAtMs) {
        thread.skip();
        if (thread.hasEnded) log("slack.unsent", { release: thread.deploy.release.id });
      } else if (waitMs > 0) {
        await clock.sleep(waitMs);
      } else {
        await this.#show(thread);
        this.#moveToEnd(keyOf(thread.deploy));
      }
    }
  }

  #next(): Queued | undefined {
    return [...this.#queue.values()].find(({ thread }) => thread.isNews);
  }

  async #show(thread: RolloutThread): Promise<void> {
    try {
      await thread.show();
      this.#logFailure.clear();
    } catch (error) {
      this.#logFailure(error);
      if (error instanceof SlackAway) {
        thread.retry();
        this.#slack.leaveAlone(error.retryAfterMs);
      } else if (!(error instanceof SlackMessageGone && thread.replaceMessage())) {
        thread.giveUp();
        // The next rollout asks again, with the token of that time.
        this.#slack.disconnect();
      }
    }
  }

  /** So that no rollout waits for another's next view. */
  #moveToEnd(key: string): void {
    const queued = this.#queue.get(key);
    if (queued && this.#queue.delete(key)) this.#queue.set(key, queued);
  }
}
