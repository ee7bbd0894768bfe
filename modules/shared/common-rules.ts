import { type PropRule, rule } from "./check.ts";

// Rules for props that several constructs have, with the same wording.

/** The AWS account, 12 digits. */
export const accountRule = (account: string): PropRule =>
  rule("account", account, '12 digits, like "123456789012"', (it) => /^\d{12}$/.test(it));

/** The AWS region. */
export const regionRule = (region: string): PropRule =>
  rule("region", region, 'a region, like "eu-central-1"', (it) =>
    /^[a-z]{2}(-[a-z]+)+-\d$/.test(it),
  );

/** The subnets of a construct's network interfaces. */
export const subnetIdsRule = (subnetIds: readonly string[]): PropRule =>
  rule(
    "subnetIds",
    subnetIds,
    "the ids of the private subnets, one or more",
    (it) => it.length > 0,
  );
