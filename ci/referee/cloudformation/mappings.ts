import type { Mapping, Part } from "./mapping.ts";
import { data, partsOfData } from "./types/data.ts";
import { machines } from "./types/machines.ts";
import { network } from "./types/network.ts";
import { rights } from "./types/rights.ts";
import { traffic } from "./types/traffic.ts";
import { watching } from "./types/watching.ts";

/** Types that CloudFormation has, too. */
export const mappings: Readonly<Record<string, Mapping>> = {
  ...network,
  ...machines,
  ...traffic,
  ...rights,
  ...data,
  ...watching,
};

/** Types that are a part of another type at CloudFormation. */
export const parts: Readonly<Record<string, Part>> = partsOfData;

/** Types that CloudFormation does not have, each with the reason. */
export const unmapped: Readonly<Record<string, string>> = {
  aws_acm_certificate_validation: "waits for a certificate, and makes nothing",
  aws_default_security_group: "belongs to its VPC; the provider empties it",
  aws_iam_role_policy_attachment: "an argument of the role or of the policy at CloudFormation",
  aws_vpc_endpoint_route_table_association: "an argument of the endpoint at CloudFormation",
};
