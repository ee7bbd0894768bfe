import type { Side } from "./service-file.ts";

/** The template of a service's units. The prefix keeps it apart from those of the system, as `user@`. */
export const unitTemplate = (service: string) => `shoestring-${service}@`;

/** The unit of one side of a process, as systemctl and journalctl take it: `shoestring-web@1a`. */
export const unitName = (
  service: string,
  { n, side }: { readonly n: number; readonly side: Side },
) => `${unitTemplate(service)}${n}${side}`;

/** The unit that runs the step before a release. Its name is among those of the service's processes. */
export const beforeUnitName = (service: string) => `${unitTemplate(service)}before`;

/**
 * The prefix of units in which nothing of a service runs. `allUnits` does not find them: a singleton's
 * timer alone would write a line into its log each second. No service's name has a dot.
 */
const helperUnit = (service: string, name: string) => `shoestring-${service}.${name}`;

/** The timer that ends a singleton's lease, without its ending. */
export const leaseUnitName = (service: string, n: number) => helperUnit(service, `lease-${n}`);

/** The timer of a scheduled command, without its ending. */
export const cronTimerName = (service: string, name: string) =>
  helperUnit(service, cronPlace(name));

/** The unit that runs a scheduled command. */
export const cronUnitName = (service: string, name: string) =>
  `${unitTemplate(service)}${cronPlace(name)}`;

/** The unit that a timer starts: it tells the agent that the time has come. */
export const cronMarkUnitName = (service: string, name: string) =>
  helperUnit(service, `mark-${name}`);

/** The folder that a scheduled command starts from. */
export const cronPlace = (name: string) => `cron-${name}`;

/** A pattern for all units that run something of a service: its processes, step and commands. */
export const allUnits = (service: string) => `${unitTemplate(service)}*`;
