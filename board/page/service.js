import { rolloutClock } from "./clock.js";
import { h } from "./dom.js";
import { history } from "./history.js";
import { icon } from "./icons.js";
import { ago, duration, exactly, secondsSince } from "./times.js";

/** @typedef {import("../state.ts").ClockState} ClockState */
/** @typedef {import("../state.ts").ServiceState} ServiceState */
/** @typedef {import("../state.ts").InstanceState} InstanceState */
/** @typedef {import("../state.ts").ProcessState} ProcessState */

const underWay = ["announced", "canary", "rolling"];

/**
 * One service: the desired deploy, what each process runs, and the deploys before.
 *
 * @param {ServiceState} state
 * @param {number} now milliseconds
 */
export function serviceCard(state, now) {
  const { service, problem, deploy, phase, hold, pause, clock } = state;
  return h(
    "section",
    {
      class: "service",
      key: service,
      "aria-labelledby": `service-${service}`,
      "data-phase": phase,
    },
    h(
      "div",
      { class: "head", key: "head" },
      h("h2", { id: `service-${service}` }, service),
      h(
        "span",
        { class: `badge badge-${phase}` },
        icon(phase),
        phase === "never" ? "never deployed" : phase,
      ),
      hold && h("span", { class: "badge badge-held" }, icon("held"), "held"),
      pause && h("span", { class: "badge badge-held" }, icon("paused"), "paused"),
    ),
    deploy && desired(state, now),
    problem && h("p", { class: "note note-bad" }, problem),
    hold && heldNote("Held", hold, now),
    pause && heldNote("Paused", pause, now),
    state.instances.flatMap((instance) => drainNote(instance, now)),
    state.instances.flatMap(instanceErrors),
    clock && underWay.includes(phase) && rolloutClock(state, clock, now),
    clock && phase === "watching" && watchWords(clock),
    h(
      "div",
      { class: "columns", key: "columns" },
      h("div", { class: "running" }, deploy && running(state, now)),
      h("div", { class: "history" }, history(service, state.history, now)),
    ),
  );
}

/** @param {ClockState} clock */
function watchWords({ from, until, watchedUntil }) {
  if (until === undefined || watchedUntil === undefined) return undefined;
  return h(
    "p",
    { class: "note", key: "watch" },
    icon("watching"),
    `Serves after ${duration(secondsSince(from, Date.parse(until)))}; watched until ${exactly(watchedUntil)}.`,
  );
}

/**
 * @param {ServiceState} state
 * @param {number} now milliseconds
 */
function desired({ deploy, good }, now) {
  if (!deploy) return undefined;
  const { release, kind, by, at, reason, revision } = deploy;
  return h(
    "p",
    { class: "desired-deploy", key: "desired-deploy" },
    h("span", { class: "code release" }, release),
    h(
      "span",
      { class: "quiet" },
      ` ${kind} by ${by}, `,
      time(at, now),
      reason === "" ? "" : `: ${reason}`,
      `. Revision ${revision}.`,
      good !== undefined &&
        good !== release && [" Good is ", h("span", { class: "code" }, good), "."],
    ),
  );
}

/**
 * @param {InstanceState} instance
 * @param {number} now milliseconds
 */
const isDrained = ({ drain }, now) => drain !== undefined && Date.parse(drain.until) > now;

/**
 * @param {InstanceState} instance
 * @param {number} now milliseconds
 */
function drainNote(instance, now) {
  const { drain } = instance;
  if (!drain || !isDrained(instance, now)) return [];
  const until = `, until ${exactly(drain.until)}`;
  return [heldNote(`${instance.instance} is drained`, drain, now, until)];
}

/**
 * A hold, pause or drain, with its reason.
 *
 * @param {string} what
 * @param {{ by: string, at: string, reason: string }} document
 * @param {number} now milliseconds
 */
function heldNote(what, { by, at, reason }, now, until = "") {
  return h(
    "p",
    { class: "note note-held" },
    `${what} by ${by}, `,
    time(at, now),
    `${until}: ${reason}`,
  );
}

/** @param {InstanceState} instance */
function instanceErrors({ instance, error, connectionsCut, killed, processes }) {
  const words = [
    ...(error === undefined ? [] : [`${instance}: ${error}`]),
    ...processes.flatMap((one) =>
      one.error === undefined || one.error === error
        ? []
        : [`${instance}, process ${one.number}: ${one.error}`],
    ),
    ...processes.flatMap(({ number, restarts = 0, lastExit }) => {
      if (restarts === 0) return [];
      const last = lastExit === undefined ? "" : `; the last time ${lastExit}`;
      return [`${instance}, process ${number} restarted ${restarts} × by itself${last}`];
    }),
  ];
  return [
    ...[...words, ...(killed === undefined ? [] : [killed])].map((text) =>
      h("p", { class: "note note-bad" }, icon("failed"), text),
    ),
    ...(connectionsCut === 0
      ? []
      : [
          h(
            "p",
            { class: "note" },
            `${instance}: ${connectionsCut} connections were cut when the drain’s time was over.`,
          ),
        ]),
  ];
}

/**
 * Instances down, processes across. The grid layout makes explicit roles necessary.
 *
 * @param {ServiceState} state
 * @param {number} now milliseconds
 */
function running({ service, instances, deploy }, now) {
  if (instances.length === 0) return h("p", { class: "quiet" }, "No instance has taken it up yet.");
  const columns = Math.max(...instances.map(({ processes }) => processes.length));
  const all = instances.flatMap(({ processes }) => processes);
  const isWide = all.some(({ release }) => sequence(release).length > "#9999".length);
  return h(
    "table",
    { class: isWide ? "matrix wide" : "matrix", role: "table" },
    h("caption", { class: "unseen" }, `Processes of ${service} by instance`),
    h(
      "thead",
      { role: "rowgroup", class: "unseen" },
      h(
        "tr",
        { role: "row" },
        h("th", { role: "columnheader", scope: "col" }, "Instance"),
        Array.from({ length: columns }, (_, i) =>
          h("th", { role: "columnheader", scope: "col" }, `Process ${i + 1}`),
        ),
      ),
    ),
    h(
      "tbody",
      { role: "rowgroup" },
      instances.map((instance) =>
        h(
          "tr",
          { role: "row", key: instance.instance, class: "instance" },
          h(
            "th",
            {
              role: "rowheader",
              scope: "row",
              class: "where",
              title: `saw the deploy ${exactly(instance.seenAt)}`,
            },
            h("span", { class: "name" }, instance.instance),
            h("span", { class: "quiet" }, isDrained(instance, now) ? "drained" : instance.phase),
          ),
          instance.processes.map((process) => cell(process, deploy?.release, now)),
        ),
      ),
    ),
  );
}

/**
 * @param {ProcessState} process
 * @param {string | undefined} desired
 * @param {number} now milliseconds
 */
function cell({ number, release, phase, since, restarts = 0 }, desired, now) {
  const kind = release === desired ? "desired" : "before";
  const restarted = restarts === 0 ? "" : `, restarted ${restarts} × by itself`;
  return h(
    "td",
    {
      role: "cell",
      key: number,
      class: `cell ${kind} phase-${phase}`,
      title: `process ${number}: ${release}, ${phase} since ${exactly(since)}, ${ago(since, now)}${restarted}`,
    },
    icon(restarts === 0 ? phase : "failed"),
    h("span", { class: "sequence", "aria-hidden": "true" }, sequence(release)),
    h("span", { class: "unseen release" }, release),
    " ",
    h("span", { class: "phase" }, restarts === 0 ? phase : `${phase}, ${restarts} ×`),
  );
}

/**
 * @param {string} at ISO 8601
 * @param {number} now milliseconds
 */
const time = (at, now) => h("time", { datetime: at, title: exactly(at) }, ago(at, now));

/**
 * `#12` of `web-12-abc1234`.
 *
 * @param {string} release
 */
const sequence = (release) => `#${release.split("-").at(-2)}`;
