import { describe, happening } from "../../lib/problem.ts";
import { accountNames } from "../../modules/account/names.ts";
import type { AccountSpec } from "../../modules/cluster/index.ts";
import type { AccountReader } from "../aws/account-reader.ts";
import type { ClusterReader } from "../aws/cluster-reader.ts";
import { administratorActions } from "./administrator-actions.ts";
import type { Needs, QuotaName } from "./needs.ts";

/** The result of one check. */
export interface Finding {
  readonly what: string;
  /** What is wrong; undefined where nothing is. */
  readonly fault: string | undefined;
  /** How to mend it: a command, mostly. */
  readonly fix: string;
}

export interface PreflightProps {
  readonly account: AccountSpec;
  readonly needs: readonly Needs[];
  readonly accountReader: AccountReader;
  readonly clusterReader: ClusterReader;
}

interface Check {
  readonly what: string;
  readonly fix: string;
  /** @returns what is wrong, or undefined. */
  readonly look: () => Promise<string | undefined>;
}

/** AWS's codes of the quotas that a new account may exceed, and how others' use is counted. */
const quotas: Readonly<Record<QuotaName, { service: string; code: string; what: string }>> = {
  addresses: { service: "ec2", code: "L-0263D0A3", what: "Elastic IP addresses" },
  networks: { service: "vpc", code: "L-F678F1CE", what: "VPCs" },
  "load balancers": {
    service: "elasticloadbalancing",
    code: "L-53DA6B97",
    what: "Application Load Balancers",
  },
  processors: { service: "ec2", code: "L-1216C47A", what: "processors of On-Demand instances" },
};

/** Looks at everything at once. A look that AWS refuses is a fault like any other. */
export function preflight(props: PreflightProps): Promise<Finding[]> {
  const checks = [...accountChecks(props), ...clusterChecks(props), ...quotaChecks(props)];
  return Promise.all(
    checks.map(async ({ what, fix, look }) => {
      const fault = await look().catch((error: unknown) => `cannot be read: ${happeningOf(error)}`);
      return { what, fault, fix };
    }),
  );
}

const happeningOf = (error: unknown) => happening(error) || describe(error);

function accountChecks({ account, accountReader, clusterReader }: PreflightProps): Check[] {
  const { stateBucket } = accountNames(account);
  return [
    {
      what: `the credentials are of the account ${account.account}`,
      fix: "sign in to it, or correct clusters/account.ts",
      async look() {
        const caller = await accountReader.caller();
        return caller.account === account.account ? undefined : `they are ${caller.arn}`;
      },
    },
    {
      what: "you may apply the stack account",
      fix: "sign in as an administrator",
      async look() {
        const { arn } = await accountReader.caller();
        if (arn.endsWith(":root")) return undefined; // root has no policies to simulate
        const denied = await clusterReader.denied(arn, administratorActions);
        return denied.length > 0 ? `denied: ${denied.join(", ")}` : undefined;
      },
    },
    {
      what: `the bucket of all states, ${stateBucket}`,
      fix: "npx shoestring bootstrap",
      look: async () =>
        (await accountReader.exists("aws_s3_bucket", stateBucket)) ? undefined : "is not there",
    },
  ];
}

function clusterChecks({ needs, clusterReader }: PreflightProps): Check[] {
  return needs.flatMap(({ cluster, region, imageParameters, secrets, zone }) => [
    ...(zone ? [zoneCheck(cluster, zone, clusterReader)] : []),
    ...imageParameters.map((name) => ({
      what: `${cluster}: the image that ${name} names in ${region}`,
      fix: "build it, and write the parameter: packer/README.md",
      async look() {
        const type = await clusterReader.parameterType(region, name);
        if (type === "aws:ec2:image") return undefined;
        return type === undefined ? "is not there" : `has the data type ${type}, not aws:ec2:image`;
      },
    })),
    ...secrets.map((reference) => secretCheck(cluster, region, reference, clusterReader)),
  ]);
}

const zoneCheck = (
  cluster: string,
  { id, domain }: { readonly id: string; readonly domain: string },
  reader: ClusterReader,
): Check => ({
  what: `${cluster}: the hosted zone ${id} of ${domain}`,
  fix: `correct dns in clusters/${cluster}.ts: aws route53 list-hosted-zones-by-name --dns-name ${domain}`,
  async look() {
    const found = await reader.zoneDomain(id);
    if (found === domain || domain.endsWith(`.${found}`)) return undefined;
    return found === undefined ? "is not there" : `is the zone of ${found}`;
  },
});

function secretCheck(
  cluster: string,
  region: string,
  reference: string,
  reader: ClusterReader,
): Check {
  const isParameter = reference.startsWith("ssm:");
  const name = reference.slice(reference.indexOf(":") + 1);
  const command = isParameter
    ? `aws ssm put-parameter --region ${region} --type SecureString --name ${name} --value file://FILE`
    : `aws secretsmanager create-secret --region ${region} --name ${name} --secret-string file://FILE`;
  return {
    what: `${cluster}: the secret ${reference}`,
    fix: command,
    async look() {
      const isThere = isParameter
        ? (await reader.parameterType(region, name)) !== undefined
        : await reader.hasSecret(region, name);
      return isThere ? undefined : "is not there";
    },
  };
}

/** All clusters of a region share its quotas, also those that are there already. */
function quotaChecks({ needs, clusterReader }: PreflightProps): Check[] {
  const regions = [...new Set(needs.map(({ region }) => region))];
  return regions.flatMap((region) =>
    Object.entries(quotas).map(([name, { service, code, what }]) => {
      const kind = name as QuotaName;
      const ours = needs
        .filter((it) => it.region === region)
        .reduce((sum, { counts }) => sum + counts[kind], 0);
      const counted = kind === "addresses" || kind === "networks";
      const total = async () =>
        ours + (counted ? await clusterReader.inUseByOthers(region, kind) : 0);
      return {
        what: `${region}: ${what} for all clusters, ${ours}`,
        fix: `aws service-quotas request-service-quota-increase --region ${region} --service-code ${service} --quota-code ${code} --desired-value ${Math.max(10, 2 * ours)}`,
        async look() {
          const [value, needed] = [await clusterReader.quota(region, service, code), await total()];
          return needed <= value
            ? undefined
            : `${needed} with those of others; the quota is ${value}`;
        },
      };
    }),
  );
}
