import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync(new URL("board.css", import.meta.url), "utf8");
const [light = "", dark = ""] = css.split("@media (prefers-color-scheme: dark)");

const coloursIn = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]),
  );
const schemes = {
  light: coloursIn(light),
  dark: { ...coloursIn(light), ...coloursIn(dark) },
};

/** Text colours on their backgrounds: WCAG 2.2 AA requires 4.5. */
const texts = [
  ["text", "page"],
  ["text", "card"],
  ["quiet", "page"],
  ["quiet", "card"],
  ["on-desired", "desired"],
  ["on-before", "before"],
  ["on-moving", "moving"],
  ["on-good", "good"],
  ["on-bad", "bad"],
  ["on-bad", "card"],
] as const;

/** Colours with a meaning that are not text: WCAG requires 3. */
const shapes = [
  ["focus", "page"],
  ["focus", "card"],
  ["moving-edge", "card"],
  ["bad-edge", "card"],
  ...["prepare", "wait", "drain", "stop", "start", "probe", "undo", "roll", "other"].map(
    (part) => [part, "card"] as const,
  ),
] as const;

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [lower = 0, higher = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (higher + 0.05) / (lower + 0.05);
}

describe.each(["light", "dark"] as const)("in %s", (scheme) => {
  const colour = (name: string) => schemes[scheme][name] ?? `no --${name}`;

  test.each(texts)("%s is readable on %s", (over, under) => {
    expect(contrast(colour(over), colour(under))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(shapes)("%s is distinguishable from %s", (over, under) => {
    expect(contrast(colour(over), colour(under))).toBeGreaterThanOrEqual(3);
  });
});

test("dark mode redefines every colour", () => {
  expect(Object.keys(coloursIn(dark)).sort()).toEqual(Object.keys(coloursIn(light)).sort());
});

test("every rule uses only these colours", () => {
  const rules = css.slice(css.indexOf("* {"));
  expect(rules).not.toMatch(/#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(/);
});
