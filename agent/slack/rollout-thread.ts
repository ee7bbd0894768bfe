import type { ErrorLog } from "../../lib/log-on-change.ts";
import { type Deploy, endedPhases } from "../../protocol/documents.ts";
import type { RolloutView } from "../../protocol/rollout-view.ts";
import type { SlackLinks } from "../../protocol/slack-links.ts";
import type { SlackReference } from "../../protocol/slack-reference.ts";
import { buildName } from "../../slack/build-message.ts";
import { SlackAway } from "../../slack/client.ts";
import { callFor, rolloutMessage } from "../../slack/rollout-message.ts";
import type { Clock } from "../core/effects.ts";
import type { PacedSlack } from "./paced-slack.ts";

/** A message is searched among those posted up to this long before its deploy. */
const searchedMs = 3_600_000;

/** The channel, and how rollouts are shown in it. */
export interface ChannelContext {
  readonly cluster: string;
  /** The channel's id. A message in another channel is not edited. */
  readonly channel: string;
  readonly links: SlackLinks;
  readonly clock: Clock;
  /** Saves the message's reference in the rollout's document, for the next coordinator. */
  readonly saveSlack: (deploy: Deploy, slack: SlackReference) => Promise<void>;
}

export interface RolloutThreadContext extends ChannelContext {
  readonly slack: PacedSlack;
  readonly logSave: ErrorLog;
  readonly logFind: ErrorLog;
}

/**
 * One rollout in the channel: the message that shows it, edited, and the calls for a person in its
 * thread.
 *
 * The message is the one that the rollout's document names, or the one that the build began, or one
 * that is found in the channel by its metadata, or a new one. Each post searches first: an agent
 * may have died, or an answer been lost, between a post and its record.
 */
export class RolloutThread {
  readonly #deps: RolloutThreadContext;
  /** The newest view. */
  #view: RolloutView;
  #isNews = true;
  #isAbandoned = false;
  #message: SlackReference | undefined;
  #isSaved: boolean;
  /** A message that was gone when it was to be edited; only one is replaced. */
  #lost: string | undefined;

  constructor(deps: RolloutThreadContext, view: RolloutView) {
    const { rollout, deploy } = view;
    this.#deps = deps;
    this.#view = view;
    this.#message = [rollout.slack, deploy.slack].find((it) => it?.channel === deps.channel);
    this.#isSaved = this.#message !== undefined;
  }

  get deploy(): Deploy {
    return this.#view.deploy;
  }

  get hasEnded(): boolean {
    return endedPhases.includes(this.#view.rollout.phase);
  }

  /** Whether the view is not yet shown. */
  get isNews(): boolean {
    return this.#isNews;
  }

  /** Slack refused it: this rollout is not shown any more. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** Takes the newest view, to be shown. */
  update(view: RolloutView): void {
    this.#view = view;
    this.#isNews = true;
  }

  /** Shows the newest view, and calls a person when one is needed. */
  async show(): Promise<void> {
    await this.#showMessage();
    await this.#callPerson();
  }

  /** The view is to be shown again. */
  retry(): void {
    this.#isNews = true;
  }

  /** The view is outdated: it is not shown, but the next one is. */
  skip(): void {
    this.#isNews = false;
  }

  giveUp(): void {
    this.#isAbandoned = true;
    this.#isNews = false;
  }

  /** The message is gone: another is posted. False if one was replaced before. */
  replaceMessage(): boolean {
    if (this.#lost !== undefined) return false;
    this.#isNews = true;
    this.#lost = this.#message?.ts;
    this.#message = undefined;
    this.#isSaved = false;
    return true;
  }

  /** Edits or posts the message so that it shows the newest view. */
  async #showMessage(): Promise<void> {
    const { slack, channel } = this.#deps;
    const known = this.#message ?? (await this.#find());
    if (known) {
      this.#message = known;
      await slack.call((it) => it.update(known, this.#name, this.#take()));
    } else {
      this.#message = await slack.call((it) =>
        it.post({ channel, name: this.#name, message: this.#take() }),
      );
    }
    await this.#save();
  }

  /** The message of the view as it is when Slack is called: views that come later are news. */
  #take(): ReturnType<typeof rolloutMessage> {
    const { cluster, links, clock } = this.#deps;
    this.#isNews = false;
    return rolloutMessage(this.#view, { cluster, links, now: clock.now() });
  }

  async #find(): Promise<SlackReference | undefined> {
    const { slack, channel, cluster, logFind } = this.#deps;
    const { deploy } = this;
    const since = new Date(Date.parse(deploy.at) - searchedMs);
    const names = [this.#name];
    // Posted by a build that got no answer: its metadata could not name the deploy.
    if (deploy.kind === "release") names.push(buildName(cluster, deploy.release));
    try {
      const found = await slack.call((it) => it.find(channel, names, since));
      return found?.ts === this.#lost ? undefined : found;
    } catch (error) {
      if (error instanceof SlackAway) throw error;
      // Without the right to read the channel, a second message is better than none.
      logFind(error);
      return undefined;
    }
  }

  /** Calls a person in the message's thread, once for each reason. */
  async #callPerson(): Promise<void> {
    const { slack, channel, cluster } = this.#deps;
    const thread = this.#message;
    const needed = callFor(this.#view, cluster);
    if (!needed || !thread || thread.called === needed.why) return;
    const { why, message } = needed;
    await slack.call((it) => it.post({ channel, name: this.#name, message, thread }));
    this.#message = { ...thread, called: why };
    this.#isSaved = false;
    await this.#save();
  }

  async #save(): Promise<void> {
    if (this.#isSaved || !this.#message) return;
    try {
      await this.#deps.saveSlack(this.deploy, this.#message);
      this.#isSaved = true;
    } catch (error) {
      this.#deps.logSave(error);
    }
  }

  /** The name that a search finds the message by. */
  get #name(): string {
    return `${this.#deps.cluster}/${keyOf(this.deploy)}`;
  }
}

/** With its time: after a restored snapshot a revision is given twice. */
export const keyOf = ({ service, revision, at }: Deploy) => `${service}/${revision}/${at}`;
