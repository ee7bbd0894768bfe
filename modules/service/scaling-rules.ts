import { Name } from "../../protocol/names.ts";
import { type PropRule, rule } from "../shared/check.ts";
import type { ScalingSpec, ScheduleSpec } from "../spec/cluster.ts";
import { isRecurrence } from "./recurrence.ts";

/** The props that decide how many instances there are, and of which kind. */
export interface ScalingProps {
  readonly min: number;
  readonly max: number;
  readonly scaling?: ScalingSpec;
  readonly schedule: Readonly<Record<string, ScheduleSpec>>;
  readonly spotPercent: number;
  readonly onDemandBase?: number;
}

const isWhole = (from: number, to: number) => (it: number) =>
  Number.isInteger(it) && it >= from && it <= to;

/** Rules for the number of instances, what changes it, and how many of them are spot. */
export const scalingRules = (props: ScalingProps): readonly PropRule[] => [
  ...targetRules(props),
  ...Object.entries(props.schedule).flatMap(([name, it]) => scheduleRules(name, it, props)),
  rule(
    "schedule",
    props.schedule,
    "times of which no two are the same: AWS takes one action at a time",
    (it) => areDifferent(Object.values(it).flatMap(({ from, until }) => [from, until])),
  ),
  ...spotRules(props),
];

function targetRules({ scaling, min, max }: ScalingProps): readonly PropRule[] {
  if (scaling === undefined) return [];
  const { requestsPerMinute, cpuPercent } = scaling;
  return [
    rule("scaling", scaling, "{ cpuPercent: 60 }, { requestsPerMinute: 6000 } or both", () =>
      [requestsPerMinute, cpuPercent].some((it) => it !== undefined),
    ),
    rule("max", max, `beside scaling more than min (${min})`, (it) => it > min),
    rule(
      "scaling.requestsPerMinute",
      requestsPerMinute ?? 1,
      "a whole number from 1, like 6000",
      isWhole(1, 1e9),
    ),
    rule(
      "scaling.cpuPercent",
      cpuPercent ?? 10,
      "a whole number from 10 to 90, like 60",
      isWhole(10, 90),
    ),
  ];
}

function scheduleRules(
  name: string,
  { from, until, min, max }: ScheduleSpec,
  usual: ScalingProps,
): readonly PropRule[] {
  const at = `schedule.${name}`;
  const time = 'minute, hour, day, month and day of the week, like "0 20 * * 1-5"';
  const fewest = min ?? usual.min;
  return [
    rule(at, name, 'a short name, like "night"', (it) => Name.safeParse(it).success),
    rule(`${at}.from`, from, time, isRecurrence),
    rule(`${at}.until`, until, time, isRecurrence),
    rule(at, { min, max }, "a min, a max or both, else nothing changes", () =>
      [min, max].some((it) => it !== undefined),
    ),
    rule(`${at}.min`, fewest, "a whole number from 0 to 1000, like 1", isWhole(0, 1000)),
    rule(
      `${at}.max`,
      max ?? usual.max,
      `a whole number from its min (${fewest}) to 1000`,
      isWhole(fewest, 1000),
    ),
  ];
}

function spotRules(props: ScalingProps): readonly PropRule[] {
  const { spotPercent, onDemandBase, min, max, scaling, schedule } = props;
  const base = onDemandBase ?? min;
  const most = Math.max(max, ...Object.values(schedule).map((it) => it.max ?? 0));
  const isRaised = scaling !== undefined || Object.keys(schedule).length > 0;
  return [
    rule("spotPercent", spotPercent, "a whole number from 0 to 100, like 50", isWhole(0, 100)),
    rule(
      "spotPercent",
      spotPercent,
      `with an onDemandBase below min (${min}), or with scaling or a schedule beyond it: else none is spot`,
      (it) => it === 0 || base < min || (isRaised && base < most),
    ),
    rule(
      "onDemandBase",
      onDemandBase ?? 0,
      `a whole number from 0 to max (${max}), like 1`,
      isWhole(0, max),
    ),
    rule(
      "onDemandBase",
      onDemandBase ?? 0,
      "left out without spotPercent",
      () => onDemandBase === undefined || spotPercent > 0,
    ),
  ];
}

const areDifferent = (texts: readonly string[]) => new Set(texts).size === texts.length;
