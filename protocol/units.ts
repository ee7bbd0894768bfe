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

/** The timer that ends a singleton's lease, without its ending. */
export const leaseUnitName = (service: string, n: number) => `${unitTemplate(service)}lease-${n}`;

/** The unit that runs a scheduled command, and the timer of the same name. */
export const cronUnitName = (service: string, name: string) =>
  `${unitTemplate(service)}${cronPlace(name)}`;

/** The unit that a timer starts: it tells the agent that the time has come. */
export const cronMarkUnitName = (service: string, name: string) =>
  `${unitTemplate(service)}mark-${name}`;

/** The folder that a scheduled command starts from. */
export const cronPlace = (name: string) => `cron-${name}`;

/** A pattern for all units of a service. */
export const allUnits = (service: string) => `${unitTemplate(service)}*`;
