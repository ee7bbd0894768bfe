import { h, s } from "./dom.js";
import { duration, exactly, secondsSince } from "./times.js";

/** @typedef {import("../state.ts").ClockState} ClockState */
/** @typedef {import("../state.ts").ServiceState} ServiceState */

/**
 * The time of the rollout under way, beside the usual one.
 *
 * @param {ServiceState} service
 * @param {ClockState} clock
 * @param {number} now milliseconds
 */
export function rolloutClock({ instances, deploy }, clock, now) {
  const seconds = secondsSince(clock.from, now);
  const { usualSeconds: usual } = clock;
  const processes = instances.flatMap((one) => one.processes);
  const doneProcesses = instances.reduce((sum, one) => sum + one.done, 0);
  const doneInstances = instances.filter((one) => one.phase === "done").length;
  const progress =
    deploy?.kind === "restart"
      ? `${doneInstances} of ${instances.length} instances done`
      : `${doneProcesses} of ${processes.length} processes on it`;
  return h(
    "div",
    { class: "clock", key: "clock" },
    h(
      "p",
      { class: "clock-words" },
      h(
        "strong",
        { class: "elapsed", title: `since ${exactly(clock.from)}` },
        duration(seconds, 0),
      ),
      comparison(clock),
      instances.length > 0 && h("span", { class: "progress" }, progress),
    ),
    usual !== undefined && bar(seconds, usual),
    clock.oneByOneSeconds !== undefined &&
      h(
        "p",
        { class: "quiet small" },
        `Stop, start and probe of every process, one after another, took ${duration(clock.oneByOneSeconds)}.`,
      ),
  );
}

/** @param {ClockState} clock */
function comparison({ usualSeconds: usual, usualOf }) {
  if (usual === undefined) return "so far; there is no good rollout yet to compare it with";
  return usualOf === 1
    ? `so far; the last good rollout took ${duration(usual)}`
    : `so far; ${duration(usual)} are usual (the median of ${usualOf} good rollouts)`;
}

/**
 * A time on a line; the mark is the usual time.
 *
 * @param {number} seconds
 * @param {number} usual
 */
function bar(seconds, usual) {
  const whole = Math.max(usual * 1.15, seconds);
  const share = (/** @type {number} */ part) => ((100 * part) / whole).toFixed(2);
  return s(
    "svg",
    {
      class: "line",
      viewBox: "0 0 100 10",
      preserveAspectRatio: "none",
      "aria-hidden": "true",
      focusable: "false",
    },
    s("rect", { class: "track", y: 3, width: 100, height: 4, rx: 0.6 }),
    s("rect", {
      class: seconds > usual + 1 ? "gone over" : "gone",
      y: 3,
      width: share(Math.max(seconds, 0.3)),
      height: 4,
      rx: 0.6,
    }),
    s("rect", { class: "mark-usual", x: share(usual), width: 0.4, height: 10 }),
  );
}
