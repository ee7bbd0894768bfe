import { expect, test } from "vitest";
import { parseCalendar, scheduledTime } from "../../protocol/calendar.ts";
import { inImage } from "./in-image.ts";

const expressions = [
  ...(["minutely", "hourly", "daily", "weekly", "monthly"] as const),
  ...["03:00", "23:59:59", "*:0/5", "*:*:0/3", "*-*-* 03:00:00", "*:1,16..18,50/5"],
  ...["Mon..Fri *-*-* 08..18/2:30", "Sat,Sun 04:15", "Tue *-*-1..7 09:00"],
  ...["*-1,7-01 00:00", "*-02-29 12:00", "*-*-31 06:00"],
  ...["*:0/59", "*:30/29", "*:59..59/3", "*-*-1/30 00:00"],
];
const zones = ["UTC", "Europe/Berlin", "America/St_Johns"];
const cases = zones.flatMap((zone) => expressions.map((text) => ({ text, zone })));
const iterations = 40;

/** Two days before the clocks of Berlin change. */
const from = "2026-03-27 11:22:33";

const script = `export TZ=UTC
while IFS='|' read -r expression; do
  echo "expression $expression"
  systemd-analyze calendar --base-time='${from}' --iterations=${iterations} "$expression" || echo refused
done < /expressions`;

/** A time as systemd writes it, like `Mon 2026-03-30 03:00:00 UTC`. */
const timePattern = /(?:Next elapse|Iter\. #\d+|Iteration #\d+): \w{3} (\S+ \S+) UTC/g;

test("each expression that a cluster file may have fires in systemd when Shoestring thinks so", async () => {
  const lines = cases.map(({ text, zone }) => `${text} ${zone}\n`).join("");
  const { stdout } = await inImage({ expressions: lines }, script);
  const answers = stdout.split(/^expression .*\n/m).slice(1);
  expect(answers).toHaveLength(cases.length);
  for (const [i, { text, zone }] of cases.entries()) {
    const calendar = parseCalendar(text);
    const fired = [...(answers[i] ?? "").matchAll(timePattern)].map(
      ([, at]) => `${at?.replace(" ", "T")}.000Z`,
    );
    const name = `${text} ${zone}`;
    expect([name, fired.length]).toEqual([name, iterations]);
    for (const at of fired) {
      // A timer is always a little late.
      const late = new Date(Date.parse(at) + 1000);
      const found = calendar && scheduledTime(calendar, zone, late)?.toISOString();
      expect([name, found]).toEqual([name, at]);
    }
  }
}, 200_000);
