import type { Values } from "./configured.ts";

/** How a type of Terraform's provider reads as a type of CloudFormation. */
export interface Mapping {
  /** CloudFormation's type. */
  readonly as: string;
  /**
   * Arguments, by their dotted path, whose property has another name at the same place. The others
   * differ in case and underscores only.
   */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Arguments that AWS's object does not have, each with the reason. */
  readonly absent?: Readonly<Record<string, string>>;
  /** Arguments that the provider sends although nobody wrote them. */
  readonly always?: readonly string[];
  /** Brings arguments to the place where CloudFormation has them, before they are renamed. */
  readonly shape?: (values: Values) => Values;
}

/** A resource that is a part of another one at CloudFormation. */
export interface Part {
  /** The type of the whole. */
  readonly partOf: string;
  /** The argument that names the whole, and the attribute of the whole that is named. */
  readonly by: readonly [string, string];
  /** The arguments as they belong into the whole. */
  readonly shape: (values: Values) => Values;
}
