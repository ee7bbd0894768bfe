import fc from "fast-check";
import { expect, test } from "vitest";
import { code, duration, link, plain } from "./text.ts";

test("escaped text can begin neither a mention nor a link nor a second line", () => {
  expect(plain("<!channel> & you\n> quote", 100)).toBe("&lt;!channel&gt; &amp; you &gt; quote");
});

test("text between backticks cannot end them", () => {
  expect(code("GET `x`", 100)).toBe("`GET 'x'`");
});

test("a link keeps its address and escapes its label", () => {
  expect(link("https://t.example/?a=1&b=2", "a<b")).toBe("<https://t.example/?a=1&amp;b=2|a&lt;b>");
});

test("text is at most as long as asked, and no mark is cut in half", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("&", "<", ">", "a", "ü", "😀", "\n") }),
      fc.integer({ min: 1, max: 40 }),
      (text, longest) => {
        const output = plain(text, longest);
        return (
          output.length <= longest &&
          !/[<>\n]/.test(output) &&
          !/&(?!(amp|lt|gt);)/.test(output) &&
          output.isWellFormed()
        );
      },
    ),
  );
});

test("a duration is rounded to seconds and minutes", () => {
  expect([999, 59_400, 60_000, 125_000, -5].map(duration)).toEqual([
    "1 s",
    "59 s",
    "1 min 0 s",
    "2 min 5 s",
    "0 s",
  ]);
});
