import { h, s } from "./dom.js";
import { icon } from "./icons.js";
import { partSwatch } from "./legend.js";
import { ago, duration, exactly } from "./times.js";

/** @typedef {import("../state.ts").PastState} PastState */

/**
 * The last deploys: a bar for each, the oldest first, and a table with all details as text.
 *
 * @param {string} service
 * @param {readonly PastState[]} past the newest first
 * @param {number} now milliseconds
 */
export function history(service, past, now) {
  if (past.length === 0) return [];
  const longest = Math.max(...past.map(({ seconds }) => seconds ?? 0));
  return [
    h("h3", { id: `past-${service}` }, "Last deploys"),
    h(
      "ol",
      { class: "bars", "aria-labelledby": `past-${service}` },
      [...past].reverse().map((one) => barOf(one, longest, now)),
    ),
    h(
      "p",
      { class: "range", "aria-hidden": "true" },
      h("span", {}, past.length === 1 ? "1 deploy" : `${past.length} deploys`),
      longest > 0 && h("span", {}, `longest ${duration(longest)}`),
    ),
    h(
      "details",
      { key: "past" },
      h(
        "summary",
        {},
        `In words`,
        h("span", { class: "unseen" }, `: the last deploys of ${service}`),
      ),
      tableOf(service, past, now),
    ),
  ];
}

/**
 * @param {PastState} past
 * @param {number} longest seconds
 * @param {number} now milliseconds
 */
function barOf(past, longest, now) {
  const { revision, phase } = past;
  const words = `${past.release}, ${past.kind}, ${endOf(past)}, ${ago(past.at, now)}`;
  return h(
    "li",
    { key: revision, class: `bar bar-${phase}`, title: `${words}\n${partWords(past)}`.trim() },
    h("span", { class: "unseen" }, words),
    drawing(past, longest),
    h("span", { class: "under" }, phase !== "done" && icon(phase)),
  );
}

/** @param {PastState} past */
function endOf({ phase, seconds }) {
  return seconds === undefined ? phase : `${phase} after ${duration(seconds)}`;
}

/**
 * Stacked parts, as high as the deploy was long.
 *
 * @param {PastState} past
 * @param {number} longest seconds
 */
function drawing({ parts, seconds }, longest) {
  let top = 100;
  const height = (/** @type {number} */ share) => (100 * share) / Math.max(longest, 0.1);
  const rects = parts.map(({ part, seconds: share }) => {
    top -= height(share);
    return s("rect", {
      class: `part part-${part}`,
      x: 0,
      y: top.toFixed(2),
      width: 10,
      height: height(share).toFixed(2),
    });
  });
  return s(
    "svg",
    {
      viewBox: "0 0 10 100",
      preserveAspectRatio: "none",
      "aria-hidden": "true",
      focusable: "false",
    },
    seconds === undefined
      ? s("rect", { class: "unended", x: 0, y: 92, width: 10, height: 8 })
      : rects,
  );
}

/**
 * @param {string} service
 * @param {readonly PastState[]} past
 * @param {number} now milliseconds
 */
function tableOf(service, past, now) {
  const columns = ["Revision", "Release", "Ended", "Where the time went", "By"];
  return h(
    "table",
    { class: "past", role: "table" },
    h("caption", { class: "unseen" }, `The last deploys of ${service}, the newest first`),
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        columns.map((name) => h("th", { role: "columnheader", scope: "col" }, name)),
      ),
    ),
    h(
      "tbody",
      { role: "rowgroup" },
      past.map((one) => rowOf(one, now)),
    ),
  );
}

/**
 * @param {PastState} past
 * @param {number} now milliseconds
 */
function rowOf(past, now) {
  return h(
    "tr",
    { role: "row", key: past.revision },
    h("th", { role: "rowheader", scope: "row" }, past.revision),
    h(
      "td",
      { role: "cell" },
      h("span", { class: "code" }, past.release),
      past.kind !== "release" && ` ${past.kind}`,
    ),
    h(
      "td",
      { role: "cell" },
      h("span", { class: `end end-${past.phase}` }, icon(past.phase), endOf(past)),
      past.errors.map((error) => h("span", { class: "error" }, error)),
    ),
    h(
      "td",
      { role: "cell" },
      past.parts.length === 0 && "–",
      past.parts.map(({ part, seconds }) =>
        h("span", { class: "share" }, partSwatch(part), `${part} ${duration(seconds)}`),
      ),
      past.parts.length > 0 &&
        !past.bySteps &&
        h("span", { class: "quiet" }, "its steps were not timed"),
    ),
    h(
      "td",
      { role: "cell" },
      past.by,
      ", ",
      h("time", { datetime: past.at, title: exactly(past.at) }, ago(past.at, now)),
      past.reason !== "" && h("span", { class: "quiet" }, past.reason),
    ),
  );
}

/** @param {PastState} past */
const partWords = ({ parts }) =>
  parts.map(({ part, seconds }) => `${part} ${duration(seconds)}`).join(", ");
