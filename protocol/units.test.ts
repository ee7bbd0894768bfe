import { expect, test } from "vitest";
import {
  allUnits,
  beforeUnitName,
  cronMarkUnitName,
  cronTimerName,
  cronUnitName,
  leaseUnitName,
  unitName,
  unitTemplate,
} from "./units.ts";

test("a unit says its service, process and side", () => {
  expect(unitName("web", { n: 1, side: "a" })).toBe("shoestring-web@1a");
  expect(allUnits("web")).toBe("shoestring-web@*");
});

test("the pattern for a service's log finds what runs of it, and no timer, mark or lease", () => {
  const prefix = allUnits("web").replace("*", "");
  const runs = [unitName("web", { n: 1, side: "a" }), beforeUnitName("web")];
  for (const unit of [...runs, cronUnitName("web", "nightly")])
    expect(unit.startsWith(prefix)).toBe(true);
  const helpers = [leaseUnitName("web", 4), cronMarkUnitName("web", "nightly")];
  for (const unit of [...helpers, cronTimerName("web", "nightly")])
    expect(unit.startsWith(prefix)).toBe(false);
});

/** Templates and units that systemd, getty and this project have. */
const known = ["user@", "getty@", "systemd-fsck@", "shoestring-agent.", "shoestring-boot."];

test.each(["user", "getty", "systemd-fsck", "agent", "boot", "default"])(
  "no unit of a service that is called %s takes the place of another one",
  (service) => {
    for (const other of known) expect(unitTemplate(service)).not.toBe(other);
    expect(unitTemplate(service)).toMatch(/^shoestring-[^@]+@$/);
  },
);
