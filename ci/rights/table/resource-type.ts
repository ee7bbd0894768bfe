import type { AppliedResource } from "../../../terraform/terraform.ts";
import type { Context } from "../policy/conditions.ts";

/** An object's attributes in the state after an apply. */
export type Values = AppliedResource["values"];

/** Where an object is, and what lies beside it. */
export interface Place {
  readonly account: string;
  readonly region: string;
  /** All objects of the same stack. */
  readonly resources: readonly AppliedResource[];
}

export const verbs = ["create", "read", "update", "delete", "tags", "list"] as const;
export type Verb = (typeof verbs)[number];

/**
 * What Terraform's provider calls for objects of one type. An action is asked for on the object; with ` *`
 * behind it, like `sns:Unsubscribe *`, it names no resource, and only a statement on `*` allows it.
 *
 * The rows are from the provider's documentation and AWS's Service Authorization Reference, looked at on
 * 2026-12-01; nobody has seen them at AWS.
 */
export interface ResourceType extends Readonly<Record<Verb, readonly string[]>> {
  /** The object's ARN. */
  readonly on: (it: Values, place: Place) => string;
  /** What conditions look at, beside the region. @default nothing */
  readonly context?: (it: Values, place: Place) => Context;
  /** Calls on other objects, like the role that is given to this one. @default none */
  readonly also?: (it: Values, place: Place) => readonly OtherCall[];
  /** Attributes of an object, for a type that a module makes and no cluster has. */
  readonly example?: Values;
}

export interface OtherCall {
  readonly verb: Verb;
  readonly action: string;
  /** ARN, or `*`. */
  readonly resource: string;
  readonly context?: Context;
}

export type Rows = Readonly<Record<string, ResourceType>>;

/** A row with nothing in the columns that are left out. */
export const row = (given: Partial<ResourceType> & Pick<ResourceType, "on">): ResourceType => ({
  create: [],
  read: [],
  update: [],
  delete: [],
  tags: [],
  list: [],
  ...given,
});

export const ownArn = (it: Values): string => it.arn as string;

/** The call with which a role is given to a service. */
export const passRole = (verb: Verb, resource: string, service: string): OtherCall => ({
  verb,
  action: "iam:PassRole",
  resource,
  context: { "iam:PassedToService": `${service}.amazonaws.com` },
});

/** AWS makes a role of its own when an account uses a service for the first time. */
export const linkedRole = (service: string, { account }: Place): OtherCall => ({
  verb: "create",
  action: "iam:CreateServiceLinkedRole",
  resource: `arn:aws:iam::${account}:role/aws-service-role/${service}.amazonaws.com/AWSServiceRole`,
  context: { "iam:AWSServiceName": `${service}.amazonaws.com` },
});
