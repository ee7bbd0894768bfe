import type { RegionUnderTest } from "../testing/region-under-test.ts";

/** Milliseconds that the agent's date is ahead of the machine's; none where the file is not there. */
const stepFile = "/run/shoestring-clock-step";
const modulePath = "/run/shoestring-clock.mjs";
const dropIn = "/run/systemd/system/shoestring-agent.service.d/clock.conf";

/**
 * Loaded before the agent. Instances share one kernel, and no namespace of Linux holds the date
 * (time_namespaces(7) has the clocks that nobody sets), so it is set where the agent reads it.
 */
const module = `
import { readFileSync } from "node:fs";
const RealDate = Date;
const stepMs = () => {
  try {
    return Number(readFileSync("${stepFile}", "utf8"));
  } catch {
    return 0;
  }
};
globalThis.Date = class Date extends RealDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [RealDate.now() + stepMs()] : parts));
  }
  static now() {
    return RealDate.now() + stepMs();
  }
};
`;

/** Starts an instance's agent again with a date that `setClock` can set, until the next reboot. */
export async function giveSettableClock(on: RegionUnderTest, instance: string): Promise<void> {
  const unit = `[Service]\nEnvironment=NODE_OPTIONS=--import=${modulePath}\n`;
  const write = (path: string, text: string) =>
    `mkdir -p $(dirname ${path}) && printf %s '${text}' > ${path}`;
  await on.on(
    instance,
    "sh",
    "-ec",
    [
      write(modulePath, module),
      write(dropIn, unit),
      "systemctl daemon-reload",
      "systemctl restart shoestring-agent",
    ].join("\n"),
  );
}

/** Sets the date of an instance's agent: so far ahead of the machine's, from its next look on. */
export async function setClock(on: RegionUnderTest, instance: string, aheadMs: number) {
  // Renamed into place, so that no look meets half a number.
  const command = `echo ${aheadMs} > ${stepFile}.new && mv ${stepFile}.new ${stepFile}`;
  await on.on(instance, "sh", "-ec", command);
}
