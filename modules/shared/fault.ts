/** A field of a cluster file that cannot be used. */
export interface Fault {
  /** Like "services.api.hosts"; in a service's own faults without the first two parts. */
  readonly field: string;
  readonly value: unknown;
  /** The valid values, in words. */
  readonly good: string;
}
