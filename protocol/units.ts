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

/** A pattern for all units of a service. */
export const allUnits = (service: string) => `${unitTemplate(service)}*`;
