import { expect, test } from "vitest";
import { costChange } from "./change.ts";
import { estimate } from "./estimate.ts";

const web = (type: string, count: number) => ({
  aws_launch_template: {
    web: {
      instance_type: type,
      block_device_mappings: [{ ebs: { volume_size: 10, volume_type: "gp3" } }],
    },
  },
  aws_autoscaling_group: {
    web: { name: "web", min_size: count, launch_template: { id: "${aws_launch_template.web.id}" } },
  },
});

const changed = (before: object, after: object) =>
  costChange(estimate({ resource: before }), estimate({ resource: after }));

test("new items have a line each, and the sum shows the increase", () => {
  expect(changed(web("t4g.medium", 2), web("t4g.medium", 4))).toEqual([
    "adds 2 × t4g.medium: +56.07 USD a month",
    "adds 20 × GB of gp3 volume: +1.91 USD a month",
    "together: +57.98 USD a month, from 57.96 to 115.94",
  ]);
});

test("another type is one removed and one added item", () => {
  expect(changed(web("t4g.medium", 2), web("t4g.small", 2))).toEqual([
    "removes 2 × t4g.medium: −56.06 USD a month",
    "adds 2 × t4g.small: +28.03 USD a month",
    "together: −28.03 USD a month, from 57.96 to 29.93",
  ]);
});

test("an item that costs by use has no sum", () => {
  expect(changed({}, { aws_s3_bucket: { one: { bucket: "files" } } })).toEqual([
    expect.stringMatching(/^adds 1 × S3 bucket: .*by use/),
    "together: +0.00 USD a month, from 0.00 to 0.00",
  ]);
});

test("an item without a price comes first, once, and only if it had a price before", () => {
  const lines = changed(web("t4g.medium", 2), web("x9g.huge", 2));
  expect(lines[0]).toBe(
    'x9g.huge: not in the sum, no price: add "x9g.huge" to ci/cost/prices.ts; web: 2 to 2',
  );
  expect(changed(web("x9g.huge", 2), web("x9g.huge", 2))).toEqual([
    "the bill stays as it is: 1.90 USD a month",
  ]);
  expect(changed(web("x9g.huge", 2), {})).toEqual([
    "removes 20 × GB of gp3 volume: −1.90 USD a month",
    "together: −1.90 USD a month, from 1.90 to 0.00",
  ]);
});

test("an item whose price was missing before counts as new", () => {
  const [line] = estimate({ resource: web("t4g.medium", 2) }).lines;
  const before = {
    lines: [{ what: "t4g.medium", count: 2, monthlyUsd: 0, note: "", isMissing: true as const }],
    monthlyUsd: 0,
  };
  expect(costChange(before, { lines: line ? [line] : [], monthlyUsd: 56.06 })[0]).toBe(
    "adds 2 × t4g.medium: +56.06 USD a month",
  );
});

test("another price for the same count is a change of its own", () => {
  const line = (monthlyUsd: number) => ({
    lines: [{ what: "NAT gateway", count: 1, monthlyUsd, note: "" }],
    monthlyUsd,
  });
  expect(costChange(line(37.96), line(40))[0]).toBe("changes NAT gateway: +2.04 USD a month");
});
