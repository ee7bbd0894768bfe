import { h, s } from "./dom.js";
import { icon } from "./icons.js";

const phases = [
  ["serving", "serves requests"],
  ["standby", "ready: another instance runs it"],
  ["starting", "starting"],
  ["probing", "being probed"],
  ["switching", "taking over"],
  ["draining", "finishing its requests"],
  ["stopping", "stopping"],
  ["waiting", "waits for its turn"],
  ["out", "out of rotation"],
  ["failed", "failed"],
];

const partNames = [
  ["prepare", "prepare: download and unpack"],
  ["wait", "wait for a turn"],
  ["drain", "drain"],
  ["stop", "stop"],
  ["start", "start"],
  ["probe", "probe"],
  ["undo", "undo"],
  ["roll", "roll, its steps not timed"],
  ["other", "between the steps"],
];

/** Explains the icons. */
export function legend() {
  return [
    h("h2", {}, "Signs"),
    h(
      "dl",
      { class: "legend" },
      h("dt", {}, "A process"),
      h(
        "dd",
        {},
        h(
          "ul",
          {},
          phases.map(([name = "", words]) => h("li", {}, icon(name), words)),
        ),
      ),
      h("dt", {}, "Its release"),
      h(
        "dd",
        {},
        h(
          "ul",
          {},
          h(
            "li",
            {},
            h("span", { class: "swatch desired", "aria-hidden": "true" }),
            "the one that is desired",
          ),
          h(
            "li",
            {},
            h("span", { class: "swatch before", "aria-hidden": "true" }),
            "another, like the one before",
          ),
        ),
      ),
      h("dt", {}, "A deploy’s time"),
      h(
        "dd",
        {},
        h(
          "ul",
          {},
          partNames.map(([name, words]) => h("li", {}, partSwatch(name ?? ""), words)),
        ),
      ),
    ),
  ];
}

/** @param {string} part */
export const partSwatch = (part) =>
  s(
    "svg",
    { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true", focusable: "false" },
    s("rect", { class: `part part-${part}`, width: 10, height: 10, rx: 2 }),
  );
