const months = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ");
const days = "SUN MON TUE WED THU FRI SAT".split(" ");

/** Smallest and largest number of each field, and the names that stand for numbers. */
const fields: readonly (readonly [from: number, to: number, names: readonly string[]])[] = [
  [0, 59, []],
  [0, 23, []],
  [1, 31, []],
  [1, 12, months],
  [0, 6, days],
];

/** Whether a text is a recurrence of Auto Scaling: cron's five fields, without its extensions. */
export function isRecurrence(text: string): boolean {
  const parts = text.split(" ");
  return (
    parts.length === fields.length &&
    parts.every((part, at) => part.split(",").every((item) => isItem(item, at)))
  );
}

/** An item of a list: all, a number or a range, each with a step at will. */
function isItem(item: string, at: number): boolean {
  const [, first = "", last, step] = /^(\*|\w+)(?:-(\w+))?(?:\/([1-9]\d?))?$/.exec(item) ?? [];
  if (first === "" || (step !== undefined && Number(step) > 59)) return false;
  if (first === "*") return last === undefined;
  const [from, to] = [numberAt(first, at), numberAt(last ?? first, at)];
  return from !== undefined && to !== undefined && from <= to;
}

function numberAt(word: string, at: number): number | undefined {
  const [from, to, names] = fields[at] as (typeof fields)[number];
  const named = names.indexOf(word.toUpperCase());
  if (named >= 0) return named + from;
  const number = Number(word);
  return /^\d{1,2}$/.test(word) && number >= from && number <= to ? number : undefined;
}
