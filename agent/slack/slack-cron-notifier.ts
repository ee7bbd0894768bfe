import { describe } from "../../lib/problem.ts";
import type { CronNews } from "../../protocol/cron-news.ts";
import { SlackAway } from "../../slack/client.ts";
import { cronMessage } from "../../slack/cron-message.ts";
import type { Log } from "../core/effects.ts";
import { PacedSlack, type PacedSlackContext } from "./paced-slack.ts";

/** News that could not be posted for this long is given up; `shoestring cron` has it. */
const newsMs = 600_000;
/** Kept in memory while Slack is away. */
const mostNews = 20;

export interface SlackCronNotifierContext extends PacedSlackContext {
  readonly cluster: string;
  /** The channel's id. */
  readonly channel: string;
  readonly log: Log;
}

/** Posts news of scheduled commands, each as a message of its own, one after the other. */
export class SlackCronNotifier {
  readonly #deps: SlackCronNotifierContext;
  readonly #slack: PacedSlack;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(deps: SlackCronNotifierContext) {
    this.#deps = deps;
    this.#slack = new PacedSlack(deps);
  }

  /** Never throws and never waits. */
  tell(news: CronNews): void {
    if (this.#waiting >= mostNews) {
      this.#unsent(news, "too many others wait for Slack");
      return;
    }
    this.#waiting += 1;
    const untilMs = this.#deps.clock.monotonicMs() + newsMs;
    this.#last = this.#last.then(async () => {
      await this.#post(news, untilMs);
      this.#waiting -= 1;
    });
  }

  async #post(news: CronNews, untilMs: number): Promise<void> {
    const { channel, cluster, clock } = this.#deps;
    const { service, name, what, scheduledFor } = news;
    const posting = {
      channel,
      name: `${cluster}/${service}/cron/${name}/${scheduledFor} ${what}`,
      message: cronMessage(news, cluster),
    };
    for (;;) {
      try {
        await this.#slack.call((slack) => slack.post(posting));
        return;
      } catch (error) {
        if (!(error instanceof SlackAway) || clock.monotonicMs() >= untilMs) {
          // The next news asks again, with the token of that time.
          this.#slack.disconnect();
          return this.#unsent(news, describe(error));
        }
        this.#slack.leaveAlone(error.retryAfterMs);
        await clock.sleep(this.#slack.waitMs());
      }
    }
  }

  #unsent({ service, name, what }: CronNews, error: string): void {
    this.#deps.log("slack.unsent", { service, name, what, error });
  }
}
