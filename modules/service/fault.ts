/** A field that cannot be used, with a good value for it. */
export interface Fault {
  readonly field: string;
  readonly value: unknown;
  readonly good: string;
}
