import { s } from "./dom.js";

/** One shape for each phase: no state is shown by colour alone. */

/** @typedef {import("../../protocol/documents.ts").ProcessPhase} ProcessPhase */

const ring = () => s("circle", { cx: 8, cy: 8, r: 6, class: "stroke" });
/** @param {string} d */
const fill = (d) => s("path", { d, class: "fill" });
/** @param {string} d */
const stroke = (d) => s("path", { d, class: "stroke" });

/** A pie from the top, clockwise. */
const quarter = () => fill("M8 8V2a6 6 0 0 1 6 6z");
const half = () => fill("M8 2a6 6 0 0 1 0 12z");
const threeQuarters = () => fill("M8 8V2a6 6 0 1 1-6 6z");

/** @type {Readonly<Record<string, () => (Node)[]>>} */
const shapes = {
  serving: () => [s("circle", { cx: 8, cy: 8, r: 6.75, class: "fill" })],
  standby: () => [ring(), s("circle", { cx: 8, cy: 8, r: 1.5, class: "fill" })],
  waiting: () => [s("circle", { cx: 8, cy: 8, r: 6, class: "stroke dotted" })],
  starting: () => [ring(), quarter()],
  probing: () => [ring(), half()],
  switching: () => [ring(), threeQuarters()],
  draining: () => [ring(), fill("M2 8a6 6 0 0 0 12 0z")],
  stopping: () => [ring(), s("rect", { x: 5.5, y: 5.5, width: 5, height: 5, class: "fill" })],
  out: () => [ring()],
  failed: () => [stroke("M3.5 3.5l9 9m0-9l-9 9")],
  done: () => [stroke("M2.5 8.5l3.5 3.5 7.5-8")],
  announced: () => [s("circle", { cx: 8, cy: 8, r: 6, class: "stroke dotted" })],
  rolling: () => [ring(), half()],
  watching: () => [ring(), s("circle", { cx: 8, cy: 8, r: 2.5, class: "fill" })],
  canary: () => [ring(), quarter()],
  halted: () => [s("rect", { x: 3, y: 3, width: 10, height: 10, class: "fill" })],
  held: () => [stroke("M8 2l6 3.2v4.6L8 14 2 9.8V5.2zM5.5 8h5")],
  paused: () => [stroke("M5.5 3v10M10.5 3v10")],
  never: () => [ring()],
};

/**
 * A phase's icon. The text beside it has the same meaning, so screen readers skip the icon.
 *
 * @param {string} name
 */
export const icon = (name) =>
  s(
    "svg",
    { class: `icon icon-${name}`, viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
    (shapes[name] ?? shapes.waiting)?.() ?? [],
  );
