import type { RegionUnderTest } from "../testing/region-under-test.ts";

/** Milliseconds that the agent's date is ahead of the machine's; 0 without the file. */
const stepFile = "/run/shoestring-clock-step";
const modulePath = "/run/shoestring-clock.mjs";
const dropIn = "/run/systemd/system/shoestring-agent.service.d/clock.conf";

/**
 * Loaded before the agent. Instances share one kernel, and no namespace of Linux has the date
 * (time_namespaces(7) covers only the clocks that cannot be set), so the agent's own reads change.
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

/** Restarts an instance's agent with a date that `setClock` can set, until the next reboot. */
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

/** Sets the date of an instance's agent ahead of the machine's, from its next read on. */
export async function setClock(on: RegionUnderTest, instance: string, aheadMs: number) {
  // Renamed into place, so that no read gets half a number.
  const command = `echo ${aheadMs} > ${stepFile}.new && mv ${stepFile}.new ${stepFile}`;
  await on.on(instance, "sh", "-ec", command);
}
