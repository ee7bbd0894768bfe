import * as z from "zod";
import type { Http, HttpAnswer } from "../lib/http.ts";
import { parseJson } from "../lib/json.ts";
import { describe, Problem } from "../lib/problem.ts";
import { SlackPlace, type SlackReference } from "../protocol/slack-reference.ts";
import { slackApiUrl } from "../protocol/slack-target.ts";
import type { SlackMessage } from "./layout.ts";

/** The calls of Slack's Web API that Shoestring makes. Each rejects with one of the three below. */
export interface Slack {
  /** Posts a message, in a thread if one is given. */
  post(posting: Posting): Promise<SlackReference>;
  /** Replaces a message's text, and the name that it is found by. */
  update(reference: SlackReference, name: string, message: SlackMessage): Promise<void>;
  /** The channel's newest message posted under one of the names since a time, if any. */
  find(channel: string, names: readonly string[], since: Date): Promise<SlackReference | undefined>;
}

export interface Posting {
  readonly channel: string;
  /** The name that `find` searches for: in the message's metadata, which people do not see. */
  readonly name: string;
  readonly message: SlackMessage;
  /** The message whose thread it goes to. @default a message of its own */
  readonly thread?: SlackReference;
}

/** Slack gave no usable answer, or asks to be left alone. A post may still have arrived. */
export class SlackAway extends Problem {
  override readonly name = "SlackAway";
  /** How long Slack asked to wait, in milliseconds; undefined if it did not. */
  readonly retryAfterMs: number | undefined;

  constructor(why: string, retryAfterMs?: number, cause?: unknown) {
    super({
      happened: `Slack gave no answer: ${why}`,
      unchanged: "the deploy goes on",
      next: "nothing; it is asked again",
      cause,
    });
    this.retryAfterMs = retryAfterMs;
  }
}

/** Slack refuses, and would again: the token, the channel or the message is invalid. */
export class SlackRefused extends Problem {
  override readonly name = "SlackRefused";

  constructor(why: string) {
    super({
      happened: `Slack refused: ${why}`,
      unchanged: "the deploy goes on",
      next: "check the token, its scopes and the channel (docs/slack.md)",
    });
  }
}

/** The message is gone, or is not this app's to edit. */
export class SlackMessageGone extends Problem {
  override readonly name = "SlackMessageGone";

  constructor(why: string) {
    super({
      happened: `Slack cannot edit the message: ${why}`,
      unchanged: "the deploy goes on",
      next: "nothing; a new message is posted",
    });
  }
}

/** Errors of an edit that only a new message solves. */
const goneErrors = ["message_not_found", "cant_update_message", "edit_window_closed"];
/** Temporary errors of Slack itself. */
const passingErrors = ["internal_error", "fatal_error", "service_unavailable", "request_timeout"];

/** A slow Slack is given up after this; the next message is newer anyway. */
const requestTimeoutMs = 5000;
/** The reach of a search: older messages belong to other deploys. */
const searchedMessages = 100;

const eventType = "shoestring_deploy";

const Answer = z.looseObject({ ok: z.boolean(), error: z.string().optional() });
const History = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      metadata: z
        .object({ event_type: z.string(), event_payload: z.object({ name: z.string() }) })
        .optional()
        .catch(undefined),
    }),
  ),
});

export interface SlackAccess {
  /** @default `slackApiUrl` */
  readonly url?: string | undefined;
  readonly token: string;
  readonly http: Http;
}

/** Slack over its Web API. */
export function slackOverHttp({ url = slackApiUrl, token, http }: SlackAccess): Slack {
  const authorization = `Bearer ${token}`;
  const send = async (path: string, body?: unknown) => {
    let answer: HttpAnswer;
    try {
      answer = await http({
        method: body === undefined ? "GET" : "POST",
        url: `${url}/${path}`,
        headers:
          body === undefined
            ? { authorization }
            : { authorization, "content-type": "application/json; charset=utf-8" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        timeoutMs: requestTimeoutMs,
      });
    } catch (cause) {
      throw new SlackAway(describe(cause), undefined, cause);
    }
    return understood(answer);
  };

  return {
    async post({ channel, name, message, thread }) {
      const answer = await send("chat.postMessage", {
        channel,
        ...message,
        ...(thread ? { thread_ts: thread.ts } : { metadata: metadataOf(name) }),
        unfurl_links: false,
        unfurl_media: false,
      });
      const posted = SlackPlace.safeParse(answer);
      if (!posted.success) throw new SlackAway("it posted, but does not say what");
      return posted.data;
    },
    async update({ channel, ts }, name, message) {
      await send("chat.update", { channel, ts, ...message, metadata: metadataOf(name) });
    },
    async find(channel, names, since) {
      const query = new URLSearchParams({
        channel,
        oldest: String(since.getTime() / 1000),
        limit: String(searchedMessages),
        include_all_metadata: "true",
      });
      const history = History.safeParse(await send(`conversations.history?${query}`));
      if (!history.success) throw new SlackAway("its history is none");
      const found = history.data.messages.find(
        ({ metadata }) =>
          metadata?.event_type === eventType && names.includes(metadata.event_payload.name),
      );
      return found && { channel, ts: found.ts };
    },
  };
}

const metadataOf = (name: string) => ({ event_type: eventType, event_payload: { name } });

/** Returns the answer of a successful call. @throws SlackAway; SlackRefused; SlackMessageGone. */
function understood({ status, headers, body }: HttpAnswer): unknown {
  if (status === 429) throw new SlackAway("too many requests", retryAfterMs(headers));
  if (status >= 500) throw new SlackAway(`status ${status}`);
  const answer = Answer.safeParse(json(body));
  // A page of something in between, such as a proxy's, is not a refusal by Slack.
  if (!answer.success) throw new SlackAway(`status ${status} and no answer of Slack's API`);
  const { ok, error = "it does not say why" } = answer.data;
  if (ok) return answer.data;
  if (error === "ratelimited") throw new SlackAway("too many requests", retryAfterMs(headers));
  if (passingErrors.includes(error)) throw new SlackAway(error);
  const why = error.slice(0, 100);
  throw goneErrors.includes(error) ? new SlackMessageGone(why) : new SlackRefused(why);
}

/** `Retry-After` is whole seconds; an invalid one is ignored. */
function retryAfterMs(headers: HttpAnswer["headers"]): number | undefined {
  const seconds = Number(headers["retry-after"]);
  return Number.isInteger(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

function json(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
