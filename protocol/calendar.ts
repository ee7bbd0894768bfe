/** The part of a time that a calendar expression tells apart. */
const units = ["month", "day", "hour", "minute", "second"] as const;
type Unit = (typeof units)[number];

const bounds: Readonly<Record<Unit, readonly [number, number]>> = {
  month: [1, 12],
  day: [1, 31],
  hour: [0, 23],
  minute: [0, 59],
  second: [0, 59],
};

const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

/** Words that stand for an expression, as systemd has them. */
const words: Readonly<Record<string, string>> = {
  minutely: "*-*-* *:*:00",
  hourly: "*-*-* *:00:00",
  daily: "*-*-* 00:00:00",
  weekly: "Mon *-*-* 00:00:00",
  monthly: "*-*-01 00:00:00",
};

/** What each part of a time may be; an absent part may be anything. */
export type Calendar = Readonly<Partial<Record<Unit | "weekday", ReadonlySet<number>>>>;

/**
 * Reads a calendar expression: the part of systemd's `OnCalendar=` that two people read alike, like
 * `Mon..Fri *-*-* 03:00:00`, or one of its words. No years, no last days of a month, no fractions.
 *
 * @returns undefined for any other text, and for one that no day matches, like `*-02-30 00:00`.
 */
export function parseCalendar(text: string): Calendar | undefined {
  const form = /^(?:([A-Za-z.,]+) )?(?:\*-([^- ]+)-([^- ]+) )?([^: ]+):([^: ]+)(?::([^: ]+))?$/;
  const match = form.exec(Object.hasOwn(words, text) ? (words[text] as string) : text);
  if (!match) return undefined;
  const [, week, month = "*", day = "*", hour = "", minute = "", second = "0"] = match;
  const fields = { month, day, hour, minute, second };
  const calendar: Partial<Record<Unit | "weekday", ReadonlySet<number>>> = {};
  for (const unit of units) {
    if (fields[unit] === "*") continue;
    const values = readList(fields[unit], (item) => readItem(item, bounds[unit]));
    if (!values) return undefined;
    calendar[unit] = values;
  }
  if (week !== undefined) {
    const values = readList(week, readWeekdays);
    if (!values) return undefined;
    calendar.weekday = values;
  }
  return hasDay(calendar) ? calendar : undefined;
}

type ReadItem = (item: string) => readonly number[] | undefined;

function readList(text: string, read: ReadItem): ReadonlySet<number> | undefined {
  const items = text.split(",").map(read);
  return items.every((item) => item !== undefined) ? new Set(items.flat()) : undefined;
}

/** `5`, `5..20`, `0/15` (from 0, each 15th) or `5..20/5`. */
function readItem(
  item: string,
  [least, most]: readonly [number, number],
): readonly number[] | undefined {
  const match = /^(\d{1,2})(?:\.\.(\d{1,2}))?(?:\/(\d{1,2}))?$/.exec(item);
  if (!match) return undefined;
  const [, from, to, step] = match.map((it) => (it === undefined ? undefined : Number(it)));
  const last = to ?? (step === undefined ? from : most);
  if (from === undefined || last === undefined) return undefined;
  if (from < least || last > most || from > last || step === 0) return undefined;
  // systemd refuses a step that leads nowhere from its first value.
  if (to === undefined && from + (step ?? 0) > most) return undefined;
  const values = Array.from({ length: last - from + 1 }, (_, i) => from + i);
  return values.filter((value) => (value - from) % (step ?? 1) === 0);
}

/** `Mon` or `Mon..Fri`, counted from 0. */
function readWeekdays(item: string): readonly number[] | undefined {
  const [from = -1, to = from, ...more] = item
    .split("..")
    .map((word) => (weekdays as readonly string[]).indexOf(word));
  if (from < 0 || to < from || more.length > 0) return undefined;
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const hasDay = ({ month, day }: Calendar) =>
  longestMonths.some(
    (days, i) =>
      (month?.has(i + 1) ?? true) && (day === undefined || [...day].some((it) => it <= days)),
  );

/** A time that is older is left out: nobody expects its command any more. */
export const latestSeconds = 300;

/**
 * The scheduled time for which a timer fired: the last one before it by the calendar. It is the same
 * on every instance, whatever its clock says.
 *
 * @param timeZone that of the service. @throws RangeError for one that is unknown.
 * @returns undefined where the last one is too old, as on a machine that slept: a time of its own
 * would make the command run once on each such instance.
 */
export function scheduledTime(
  calendar: Calendar,
  timeZone: string,
  firedAt: Date,
): Date | undefined {
  const partsAt = partsIn(timeZone);
  const second = Math.floor(firedAt.getTime() / 1000);
  for (let before = 0; before < latestSeconds; before += 1) {
    const at = new Date((second - before) * 1000);
    if (matches(calendar, partsAt(at))) return at;
  }
  return undefined;
}

const quarterMs = 900_000;
const quartersAhead = 366 * 96;

/**
 * The next scheduled time. Every time zone begins its hours at a quarter of an hour, so whole quarters
 * are passed over by their first second.
 *
 * @throws RangeError for an unknown time zone.
 * @returns undefined where none comes within a year.
 */
export function nextTime(calendar: Calendar, timeZone: string, after: Date): Date | undefined {
  const partsAt = partsIn(timeZone);
  const { minute: _, second: __, ...ofQuarter } = calendar;
  const first = Math.floor(after.getTime() / quarterMs);
  for (let quarter = first; quarter < first + quartersAhead; quarter += 1) {
    if (!matches(ofQuarter, partsAt(new Date(quarter * quarterMs)))) continue;
    for (let ms = quarter * quarterMs; ms < (quarter + 1) * quarterMs; ms += 1000) {
      const at = new Date(ms);
      if (at > after && matches(calendar, partsAt(at))) return at;
    }
  }
  return undefined;
}

type Parts = Readonly<Record<Unit | "weekday", number>>;

const matches = (calendar: Calendar, parts: Parts): boolean =>
  Object.entries(calendar).every(([unit, values]) => values.has(parts[unit as Unit]));

/** The parts of a time in a time zone. */
function partsIn(timeZone: string): (at: Date) => Parts {
  const format = new Intl.DateTimeFormat("en-US", {
    ...{ timeZone, hourCycle: "h23", weekday: "short", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  });
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map((it) => [it.type, it.value]));
    const number = (unit: Unit) => [unit, Number(parts[unit])] as const;
    const weekday = (weekdays as readonly string[]).indexOf(parts.weekday ?? "");
    return { ...Object.fromEntries(units.map(number)), weekday } as Parts;
  };
}
