import fc from "fast-check";
import { expect, test } from "vitest";
import { conflicts, type PlacedRule } from "./conflicts.ts";
import { contains } from "./contains.ts";
import { overlap } from "./pattern.ts";
import { type Match, priority } from "./priority.ts";

const placed = (name: string, match: Partial<Match>, chosen?: number): PlacedRule => {
  const whole = { hosts: ["www.example.org"], paths: [], ...match };
  return {
    name,
    ...whole,
    priority: chosen ?? priority(name, whole),
    chosen: chosen !== undefined,
  };
};

test("a derived priority follows from the name alone and is never in the range that a person may choose", () => {
  const match = { hosts: ["www.example.org"], paths: [] };
  expect(priority("web", match)).toBe(priority("web", { ...match, hosts: ["api.example.org"] }));
  fc.assert(
    fc.property(fc.string(), fc.boolean(), fc.boolean(), (name, anyHost, somePaths) => {
      const found = priority(name, {
        hosts: [anyHost ? "*.example.org" : "example.org"],
        paths: somePaths ? ["/api/*"] : [],
      });
      expect(found).toBeGreaterThanOrEqual(1000);
      expect(found).toBeLessThanOrEqual(49_999);
    }),
  );
});

test("the narrower rule is evaluated first, whatever the services' names", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (a, b, c, d) => {
      const inOrder = [
        priority(a, { hosts: ["www.example.org"], paths: ["/api/*"] }),
        priority(b, { hosts: ["www.example.org"], paths: ["/*"] }),
        priority(c, { hosts: ["*.example.org"], paths: ["/api/*"] }),
        priority(d, { hosts: ["*.example.org"], paths: [] }),
      ];
      expect(inOrder).toEqual(inOrder.toSorted((one, other) => one - other));
    }),
  );
});

test.each([
  ["www.example.org", "www.example.org", true],
  ["www.example.org", "api.example.org", false],
  ["*.example.org", "www.example.org", true],
  ["*.example.org", "example.org", false],
  ["*.example.org", "www.*", true],
  ["/api/*", "/api/v2/*", true],
  ["/api/*", "/api", false],
  ["/v?/*", "/v2/x", true],
  ["/v?/*", "/v10/x", false],
  ["*a*b*c*d*e*f", "*f*e*d*c*b*a", false],
])("%s and %s overlap: %s", (one, other, expected) => {
  expect(overlap(one, other)).toBe(expected);
  expect(overlap(other, one)).toBe(expected);
});

test("services with separate hosts, or separate paths on one host, do not conflict", () => {
  const rules = [
    placed("web", {}),
    placed("api", { paths: ["/api/*"] }),
    placed("shop", { hosts: ["shop.example.org"] }),
    placed("rest", { hosts: ["*.example.org"] }),
  ];
  expect(conflicts(rules)).toEqual([]);
});

test("two services with the same host and path are refused, whatever their priorities", () => {
  const rules = [
    placed("web", { hosts: ["a.example.org", "WWW.example.org"] }, 5),
    placed("old", { paths: ["/*"] }),
  ];
  expect(conflicts(rules)).toEqual([
    expect.stringContaining("old and web both answer for www.example.org/*"),
  ]);
});

test("two rules with the same priority are refused, and a free priority is proposed", () => {
  const rules = [
    placed("web", {}, 1),
    placed("api", { hosts: ["api.example.org"] }, 1),
    placed("shop", { hosts: ["shop.example.org"] }, 2),
  ];
  expect(conflicts(rules)).toEqual([
    "api and web have the same priority, 1; give one of them its own, like priority: 3 for web",
  ]);
});

test("two names with the same hash are refused with both names", () => {
  const match = { hosts: ["www.example.org"], paths: [] };
  const first = new Map<number, string>();
  let meeting: [string, string] | undefined;
  for (let n = 0; !meeting; n++) {
    const before = first.get(priority(`s${n}`, match));
    if (before) meeting = [before, `s${n}`];
    first.set(priority(`s${n}`, match), `s${n}`);
  }
  const [one, other] = meeting;
  const messages = conflicts([
    placed(one, { hosts: ["a.org"] }),
    placed(other, { hosts: ["b.org"] }),
  ]);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain(one);
  expect(messages[0]).toContain(other);
  expect(messages[0]).toContain("priority: 1 for");
});

test("rules that share some requests are refused until one has a priority", () => {
  const wide = placed("api", { paths: ["/api/*"] });
  expect(conflicts([wide, placed("next", { paths: ["/api/v2/*"] })])).toEqual([
    "some requests match both www.example.org/api/* of api and www.example.org/api/v2/* of next; say which is asked first, like priority: 1 for next",
  ]);
  expect(conflicts([wide, placed("next", { paths: ["/api/v2/*"] }, 1)])).toEqual([]);
});

test.each([
  [{ paths: ["/api/v2/*"] }, { paths: ["/api/*"] }],
  [{ paths: ["/api/v2/*", "/api/v3/*"] }, { paths: ["/api/*", "/x/longer/than/the/others/*"] }],
  [{ paths: ["/api/x*"] }, { paths: ["/*.php"] }],
  [{ hosts: ["*.shop.example.org"] }, { hosts: ["*.example.org"] }],
])(
  "of two rules in doubt the narrower one is to come first, whatever their names: %j before %j",
  (narrow, wide) => {
    for (const [first, second] of [
      ["api", "next"],
      ["next", "api"],
    ] as const) {
      const rest = placed(second, wide);
      expect(conflicts([placed(first, narrow), rest])).toEqual([
        expect.stringMatching(`say which is asked first, like priority: 1 for ${first}$`),
      ]);
      expect(conflicts([placed(first, narrow, 1), rest])).toEqual([]);
    }
  },
);

test("two services with the same paths in other words are refused, as one would never be asked", () => {
  const rules = [placed("web", { paths: ["/a*?"] }, 1), placed("old", { paths: ["/a?*"] })];
  expect(conflicts(rules)).toEqual([expect.stringContaining("old and web both answer for")]);
});

test("a rule that an earlier one contains as a whole is refused, as it would never be asked", () => {
  const wide = placed("api", { paths: ["/api/*", "/x/*"] }, 1);
  expect(conflicts([wide, placed("next", { paths: ["/api/v2/*", "/x/y"] }, 2)])).toEqual([
    "next (priority 2) would never be asked, as api (priority 1) comes first and takes all that it matches, like www.example.org/api/* of api and www.example.org/api/v2/* of next; give next a smaller priority than api",
  ]);
  expect(conflicts([wide, placed("next", { paths: ["/api/v2/*", "/y/*"] }, 2)])).toEqual([]);
});

test("a pattern contains another where it matches each text that the other matches", () => {
  const text = (marks: string) =>
    fc.string({ unit: fc.constantFrom(...marks), minLength: 0, maxLength: 5 });
  const texts = [""];
  for (const it of texts) if (it.length < 6) texts.push(`${it}a`, `${it}b`, `${it}c`);
  const matched = (pattern: string) => {
    const expression = new RegExp(`^${pattern.replaceAll("?", ".").replaceAll("*", ".*")}$`);
    return texts.filter((it) => expression.test(it));
  };
  fc.assert(
    fc.property(text("ab*?"), text("ab*?"), (wide, narrow) => {
      const all = new Set(matched(wide));
      expect(contains(wide, narrow)).toBe(matched(narrow).every((it) => all.has(it)));
    }),
  );
});

test("a wide rule with a priority before a narrow one is refused", () => {
  expect(conflicts([placed("web", {}, 1), placed("api", { paths: ["/api/*"] }, 2)])).toEqual([
    expect.stringContaining("web (priority 1) takes requests of api (priority 2)"),
  ]);
});
