import type { Http } from "../../lib/http.ts";
import { describe } from "../../lib/problem.ts";
import { type Slack, SlackAway, slackOverHttp } from "../../slack/client.ts";
import type { Clock } from "../core/effects.ts";
import { type Pace, pace } from "./pace.ts";

export interface PacedSlackContext {
  /** Reference to the bot's token: `ssm:<parameter>`. */
  readonly token: string;
  readonly readSecret: (reference: string) => Promise<string>;
  /** @default Slack's own */
  readonly api?: string | undefined;
  readonly http: Http;
  readonly clock: Clock;
}

/** Slack's API, connected at the first call, and called no faster than Slack likes. */
export class PacedSlack {
  readonly #deps: PacedSlackContext;
  readonly #pace: Pace;
  #slack: Promise<Slack> | undefined;

  constructor(deps: PacedSlackContext) {
    this.#deps = deps;
    this.#pace = pace(deps.clock);
  }

  /** Calls Slack when the pace allows it. @throws SlackAway, also for a token that cannot be read. */
  async call<T>(what: (slack: Slack) => Promise<T>): Promise<T> {
    this.#slack ??= this.#connect().catch((error) => {
      this.#slack = undefined;
      throw error;
    });
    const slack = await this.#slack;
    await this.#pace.acquire();
    const answer = await what(slack);
    this.#pace.well();
    return answer;
  }

  /** How long until the next call. */
  waitMs(): number {
    return this.#pace.waitMs();
  }

  /** Waits for as long as Slack asked, or longer each time. */
  leaveAlone(askedMs: number | undefined): void {
    this.#pace.leaveAlone(askedMs);
  }

  /** The next call reads the token again. */
  disconnect(): void {
    this.#slack = undefined;
  }

  /** A token that cannot be read may be readable later: Slack counts as away. */
  async #connect(): Promise<Slack> {
    const { readSecret, token, api, http } = this.#deps;
    try {
      return slackOverHttp({ url: api, token: (await readSecret(token)).trim(), http });
    } catch (cause) {
      throw new SlackAway(describe(cause), undefined, cause);
    }
  }
}
