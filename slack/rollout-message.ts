import { timeOfDay } from "../lib/time-of-day.ts";
import { isByAgent } from "../protocol/deploys.ts";
import { type Deploy, type Rollout, rolledAt } from "../protocol/documents.ts";
import { killedLines } from "../protocol/killed.ts";
import { newerLines } from "../protocol/newer.ts";
import { restartLines, restartsIn } from "../protocol/restarts.ts";
import type { RolloutView } from "../protocol/rollout-view.ts";
import { fillIn, type SlackLinks } from "../protocol/slack-links.ts";
import { bars } from "./bars.ts";
import { layout, type SlackMessage } from "./layout.ts";
import { code, duration, link, plain } from "./text.ts";

/** The cluster, links and time that a message shows. */
export interface MessageContext {
  readonly cluster: string;
  readonly links: SlackLinks;
  readonly now: Date;
}

/** The state of a rollout as a word and one of Slack's emojis. */
interface State {
  readonly icon: string;
  readonly word: string;
}

/** A message shows the faults of this many instances; the rest is in `shoestring status`. */
const mostFaults = 3;
const longestFault = 800;

/** The one message of a deploy, at this moment. */
export function rolloutMessage(
  view: RolloutView,
  { cluster, links, now }: MessageContext,
): SlackMessage {
  const { deploy, rollout, reports, registered } = view;
  const { release } = deploy;
  const { icon, word } = stateOf(view);
  const { lines, done, all } = bars(deploy, reports, registered);
  const until = rolledAt(rollout) ?? now.toISOString();
  const elapsed = duration(Date.parse(until) - Date.parse(deploy.at));
  return layout({
    icon,
    title: `${release.id} on ${cluster}: ${word}, ${elapsed}`,
    about: [plain(`${deploy.by}: ${deploy.reason}`, 300), changes(view)],
    bars: lines,
    faults: [...faultsOf(view), ...shortened(codes(killedLines(reports)))],
    notes: [
      all === 0 ? "" : `${done} of ${all} processes`,
      ...linksOf(deploy, cluster, links),
      wayBack(view, cluster),
    ],
  });
}

/** The call for a person, posted once in a message's thread; undefined if none is needed. */
export function callFor(view: RolloutView, cluster: string): Call | undefined {
  const { deploy, rollout, reports } = view;
  const { service, release } = deploy;
  const newer = newerLines(service, reports);
  const restarts = restartsAlarm(view);
  const alarm = newer.length > 0 ? "instances run something newer" : restarts;
  const why = alarm ?? callReason(deploy, rollout);
  if (why === undefined) return undefined;
  const lines = newer.length > 0 ? newer : restartLines(reports);
  const message = layout({
    icon: "rotating_light",
    title: `${release.id} on ${cluster}: ${why}`,
    about: [plain(deploy.reason, 300)],
    faults: alarm === undefined ? faultsOf(view) : shortened(codes(lines)),
    notes: [code(`shoestring status ${service} --cluster ${cluster}`, 200)],
  });
  return { why, message };
}

export interface Call {
  readonly why: string;
  readonly message: SlackMessage;
}

/**
 * Why a rollout that is done still needs a person: processes restart by themselves. The number
 * doubles from one call to the next, so that a fleet in a crash loop does not cause a flood of
 * calls.
 */
function restartsAlarm({ rollout, reports }: RolloutView): string | undefined {
  if (rollout.phase !== "done") return undefined;
  const restarted = reports.filter((report) => restartsIn([report]) > 0).length;
  if (restarted === 0) return undefined;
  const least = 2 ** Math.floor(Math.log2(restarted));
  const on = least === 1 ? "on an instance" : `on ${least} instances or more`;
  return `processes restart by themselves ${on}`;
}

function callReason(deploy: Deploy, { phase, supersededBy }: Rollout): string | undefined {
  const isRollback = deploy.kind === "rollback";
  if (supersededBy !== undefined) return undefined;
  if (phase === "done") return isRollback && isByAgent(deploy) ? rolledBackByItself : undefined;
  if (phase !== "failed" && phase !== "halted") return undefined;
  return isRollback ? `the rollback ${phase}` : phase;
}

const rolledBackByItself = "rolled back by itself, and held";

function stateOf({
  deploy: { kind },
  rollout: { phase, supersededBy, watchedUntil },
}: RolloutView): State {
  if (supersededBy !== undefined) {
    return { icon: "fast_forward", word: `replaced by revision ${supersededBy}` };
  }
  switch (phase) {
    case "done":
      if (kind === "rollback") return { icon: "leftwards_arrow_with_hook", word: "rolled back" };
      return { icon: "white_check_mark", word: kind === "restart" ? "restarted" : "done" };
    case "failed":
      return { icon: "x", word: kind === "release" ? "failed" : `${kind} failed` };
    case "halted":
      return { icon: "octagonal_sign", word: kind === "release" ? "halted" : `${kind} halted` };
    case "canary":
      return { icon: "large_blue_circle", word: `${inProgress[kind]} the canary` };
    case "rolling":
      return { icon: "large_blue_circle", word: inProgress[kind] };
    case "watching":
      return { icon: "eyes", word: watched(watchedUntil) };
    default:
      return { icon: "large_blue_circle", word: phase };
  }
}

const watched = (until: string | undefined) =>
  until === undefined ? "serving, watched" : `serving, watched until ${timeOfDay(until)}`;

const inProgress = {
  release: "rolling",
  restart: "restarting",
  rollback: "rolling back",
} as const;

/** The change, as a link if the build named its repository. */
function changes({ deploy: { kind, release }, good }: RolloutView): string {
  const short = release.commit.slice(0, 7);
  const { repository } = release;
  const before = good?.release.commit;
  if (kind === "restart") return "the same release";
  if (before === undefined || before === release.commit) {
    return repository ? link(`${repository}/commit/${release.commit}`, short) : short;
  }
  const range = `${before.slice(0, 7)}…${short}`;
  return repository ? link(`${repository}/compare/${before}...${release.commit}`, range) : range;
}

/** Each instance's fault, such as the last answer of a probe; otherwise why the rollout ended. */
function faultsOf({ reports, rollout }: RolloutView): string[] {
  const faults = reports.flatMap(({ instance, error, processes }) => {
    const first = error ?? Object.values(processes).find((it) => it.error !== undefined)?.error;
    return first === undefined ? [] : [`${plain(instance, 63)}: ${code(first, longestFault)}`];
  });
  if (faults.length === 0 && rollout.reason !== undefined) {
    return [code(rollout.reason, longestFault)];
  }
  return shortened(faults);
}

const codes = (texts: readonly string[]) => texts.map((text) => code(text, longestFault));

const shortened = (faults: readonly string[]) =>
  faults.length <= mostFaults
    ? [...faults]
    : [...faults.slice(0, mostFaults), `and ${faults.length - mostFaults} more`];

function linksOf(deploy: Deploy, cluster: string, links: SlackLinks): string[] {
  const { service, revision, traceparent } = deploy;
  const places = { cluster, service, revision, trace: traceparent?.split("-")[1] };
  return (["trace", "board"] as const).flatMap((name) => {
    const template = links[name];
    const url = template === undefined ? undefined : fillIn(template, places);
    return url === undefined ? [] : [link(url, name)];
  });
}

/** The rollback command, to be copied, if there is a release to go back to. */
function wayBack({ deploy: { kind, service }, rollout, good }: RolloutView, cluster: string) {
  const command = (verb: string) => code(`shoestring ${verb} ${service} --cluster ${cluster}`, 200);
  if (kind === "rollback") return rollout.phase === "done" ? `held; ${command("unhold")}` : "";
  return kind === "release" && good ? command("rollback") : "";
}
