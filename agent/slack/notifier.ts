import { backgroundWorker } from "../../lib/background-worker.ts";
import type { Http } from "../../lib/http.ts";
import { logOnChange } from "../../lib/log-on-change.ts";
import { describe } from "../../lib/problem.ts";
import { type Deploy, endedPhases } from "../../protocol/documents.ts";
import type { RolloutView } from "../../protocol/rollout-view.ts";
import type { SlackLinks } from "../../protocol/slack-links.ts";
import type { SlackReference } from "../../protocol/slack-reference.ts";
import { buildName } from "../../slack/build-message.ts";
import { type Slack, SlackAway, SlackMessageGone, slackOverHttp } from "../../slack/client.ts";
import { callFor, rolloutMessage } from "../../slack/rollout-message.ts";
import type { Clock, Log } from "../core/effects.ts";
import type { RolloutNotifier } from "../rollout/notifier.ts";
import { pace } from "./pace.ts";

/**
 * A view that could not be shown for this long is outdated. A rollout's end is retried for longer.
 */
const newsMs = 15_000;
const lastNewsMs = 600_000;

/** Rollouts kept in memory; older ones get no more views. */
const mostStories = 50;

/** A message is searched among those posted up to this long before its deploy. */
const searchedMs = 3_600_000;

export interface SlackNotifierContext {
  readonly cluster: string;
  /** The channel's id. A message in another channel is not edited. */
  readonly channel: string;
  /** Reference to the bot's token: `ssm:<parameter>`. */
  readonly token: string;
  readonly readSecret: (reference: string) => Promise<string>;
  /** @default Slack's own */
  readonly api?: string | undefined;
  readonly links: SlackLinks;
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Log;
  /** Saves the message's reference in the rollout's document, for the next coordinator. */
  readonly saveSlack: (deploy: Deploy, slack: SlackReference) => Promise<void>;
}

/** One rollout, and how much of it Slack shows. */
interface Story {
  view: RolloutView;
  /** Whether the view is not yet shown. */
  isNews: boolean;
  /** When the view becomes outdated. */
  oldAtMs: number;
  /** Slack refused it: this rollout is not shown any more. */
  isGivenUp: boolean;
  message: SlackReference | undefined;
  isSaved: boolean;
  /** A message that was gone when it was to be edited; only one is replaced. */
  lost: string | undefined;
}

/**
 * Shows rollouts in Slack: one message for each deploy, edited, and a call in its thread when a
 * person is needed. Only the newest view counts, and calls keep a pace. Whatever Slack does,
 * nothing waits for it, and little is kept in memory.
 *
 * The message is the one that the rollout's document names, or the one that the build began, or one
 * that is found in the channel by its metadata, or a new one. Each post searches first: an agent
 * may have died, or an answer been lost, between a post and its record.
 */
export function slackNotifier(deps: SlackNotifierContext): RolloutNotifier {
  const { cluster, channel, links, clock, log } = deps;
  const stories = new Map<string, Story>();
  const calls = pace(clock);
  let slack: Promise<Slack> | undefined;
  const logSave = logOnChange((error) => log("slack.save", { error }));
  const logFind = logOnChange((error) => log("slack.find", { error }));
  const logFailure = logOnChange((error) => log("slack.failed", { error }));

  /** Calls Slack when the pace allows it. */
  const call = async <T>(what: (slack: Slack) => Promise<T>): Promise<T> => {
    slack ??= connect(deps).catch((error) => {
      slack = undefined;
      throw error;
    });
    const connected = await slack;
    await calls.turn();
    const answer = await what(connected);
    calls.well();
    return answer;
  };

  const save = async (story: Story) => {
    if (story.isSaved || !story.message) return;
    try {
      await deps.saveSlack(story.view.deploy, story.message);
      story.isSaved = true;
    } catch (error) {
      logSave(error);
    }
  };

  const find = async (story: Story): Promise<SlackReference | undefined> => {
    const { deploy } = story.view;
    const since = new Date(Date.parse(deploy.at) - searchedMs);
    const names = [nameOf(cluster, deploy)];
    // Posted by a build that got no answer: its metadata could not name the deploy.
    if (deploy.kind === "release") names.push(buildName(cluster, deploy.release));
    try {
      const found = await call((it) => it.find(channel, names, since));
      return found?.ts === story.lost ? undefined : found;
    } catch (error) {
      if (error instanceof SlackAway) throw error;
      // Without the right to read the channel, a second message is better than none.
      logFind(error);
      return undefined;
    }
  };

  /** Edits or posts the message so that it shows the newest view. */
  const show = async (story: Story) => {
    const name = nameOf(cluster, story.view.deploy);
    const message = () => rolloutMessage(story.view, { cluster, links, now: clock.now() });
    const known = story.message ?? (await find(story));
    if (known) {
      story.message = known;
      await call((it) => {
        story.isNews = false;
        return it.update(known, name, message());
      });
    } else {
      story.message = await call((it) => {
        story.isNews = false;
        return it.post({ channel, name, message: message() });
      });
    }
    await save(story);
  };

  /** Calls a person in the message's thread, once for each reason. */
  const callPerson = async (story: Story) => {
    const { view, message: thread } = story;
    const needed = callFor(view, cluster);
    if (!needed || !thread || thread.called === needed.why) return;
    const name = nameOf(cluster, view.deploy);
    await call((it) => it.post({ channel, name, message: needed.message, thread }));
    story.message = { ...thread, called: needed.why };
    story.isSaved = false;
    await save(story);
  };

  const tell = async (story: Story) => {
    try {
      await show(story);
      await callPerson(story);
      logFailure.clear();
    } catch (error) {
      logFailure(error);
      if (error instanceof SlackAway) {
        story.isNews = true;
        calls.leaveAlone(error.retryAfterMs);
      } else if (error instanceof SlackMessageGone && story.lost === undefined) {
        story.isNews = true;
        story.lost = story.message?.ts;
        story.message = undefined;
        story.isSaved = false;
      } else {
        story.isGivenUp = true;
        story.isNews = false;
        // The next rollout asks again, with the token of that time.
        slack = undefined;
      }
    }
  };

  const tellAll = async () => {
    for (;;) {
      const story = [...stories.values()].find(({ isNews }) => isNews);
      if (!story) return;
      const waitMs = calls.waitMs();
      if (clock.monotonicMs() + waitMs > story.oldAtMs) {
        story.isNews = false;
        if (hasEnded(story)) log("slack.untold", { release: story.view.deploy.release.id });
      } else if (waitMs > 0) {
        await clock.sleep(waitMs);
      } else {
        await tell(story);
        // Moves it to the end of the queue, so that no rollout waits for another's next view.
        const key = keyOf(story.view.deploy);
        if (stories.delete(key)) stories.set(key, story);
      }
    }
  };

  const worker = backgroundWorker(tellAll, () =>
    [...stories.values()].some(({ isNews }) => isNews),
  );

  return {
    show(view) {
      const key = keyOf(view.deploy);
      const story = stories.get(key) ?? newStory(view, channel);
      if (story.isGivenUp) return;
      story.view = view;
      story.isNews = true;
      story.oldAtMs = clock.monotonicMs() + (hasEnded(story) ? lastNewsMs : newsMs);
      stories.set(key, story);
      const [oldest] = stories.keys();
      if (stories.size > mostStories && oldest !== undefined) stories.delete(oldest);
      worker.start();
    },
    settled: worker.settled,
  };
}

/** With its time: after a restored snapshot a revision is given twice. */
const keyOf = ({ service, revision, at }: Deploy) => `${service}/${revision}/${at}`;

const nameOf = (cluster: string, deploy: Deploy) => `${cluster}/${keyOf(deploy)}`;

const hasEnded = ({ view: { rollout } }: Story) => endedPhases.includes(rollout.phase);

function newStory(view: RolloutView, channel: string): Story {
  const known = [view.rollout.slack, view.deploy.slack].find((it) => it?.channel === channel);
  return {
    view,
    isNews: true,
    oldAtMs: 0,
    isGivenUp: false,
    message: known,
    isSaved: known !== undefined,
    lost: undefined,
  };
}

/** A token that cannot be read may be readable later: Slack counts as away. */
async function connect(deps: SlackNotifierContext): Promise<Slack> {
  const { readSecret, token, api, http } = deps;
  try {
    return slackOverHttp({ url: api, token: (await readSecret(token)).trim(), http });
  } catch (cause) {
    throw new SlackAway(describe(cause), undefined, cause);
  }
}
