import {
  DescribeSecretCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { DescribeParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { ClusterReader, CountedKind } from "./cluster-reader.ts";
import { deniedIn } from "./denied-in.ts";
import { AwsRefusal, type SignedRequests } from "./signed-requests.ts";

const versions = { ec2: "2016-11-15", iam: "2010-05-08" };

const kinds: Readonly<Record<CountedKind, { action: string; each: RegExp }>> = {
  addresses: { action: "DescribeAddresses", each: /<publicIp>/g },
  networks: { action: "DescribeVpcs", each: /<vpcId>/g },
};

/** @param requestsIn signs requests for a region. */
export function awsClusterReader(requestsIn: (region: string) => SignedRequests): ClusterReader {
  return {
    async parameterType(region, name) {
      const filter = { Key: "Name", Option: "Equals", Values: [name] };
      const command = new DescribeParametersCommand({ ParameterFilters: [filter] });
      // It tells of a parameter without its value.
      const { Parameters = [] } = await new SSMClient({ region }).send(command);
      return Parameters[0] && (Parameters[0].DataType ?? "text");
    },
    async hasSecret(region, name) {
      const command = new DescribeSecretCommand({ SecretId: name });
      try {
        await new SecretsManagerClient({ region }).send(command);
        return true;
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return false;
        throw error;
      }
    },
    async zoneDomain(zoneId) {
      try {
        const xml = await requestsIn("us-east-1").get(
          "route53",
          `/2013-04-01/hostedzone/${zoneId}`,
        );
        return /<Name>([^<]+?)\.?<\/Name>/.exec(xml)?.[1];
      } catch (error) {
        if (error instanceof AwsRefusal && error.code === "NoSuchHostedZone") return undefined;
        throw error;
      }
    },
    quota: (region, service, code) => quota(requestsIn(region), service, code),
    async inUseByOthers(region, kind) {
      const { action, each } = kinds[kind];
      const count = async (filter: Readonly<Record<string, string>>) => {
        const xml = await requestsIn(region).query("ec2", versions.ec2, action, filter);
        return xml.match(each)?.length ?? 0;
      };
      const ours = { "Filter.1.Name": "tag:managed-by", "Filter.1.Value.1": "shoestring" };
      return (await count({})) - (await count(ours));
    },
    async denied(principalArn, actions) {
      const requests = requestsIn("us-east-1");
      const names = actions.map((action, i) => [`ActionNames.member.${i + 1}`, action]);
      const xml = await requests.query("iam", versions.iam, "SimulatePrincipalPolicy", {
        PolicySourceArn: await policySource(requests, principalArn),
        ...Object.fromEntries(names),
      });
      return deniedIn(xml, actions);
    },
  };
}

async function quota(requests: SignedRequests, ServiceCode: string, QuotaCode: string) {
  const ask = async (action: string) => {
    const target = `ServiceQuotasV20190624.${action}`;
    const text = await requests.json("servicequotas", target, { ServiceCode, QuotaCode });
    return (JSON.parse(text) as { Quota: { Value: number } }).Quota.Value;
  };
  try {
    return await ask("GetServiceQuota");
  } catch (error) {
    // A quota that was never raised may have no value of its own.
    if (!(error instanceof AwsRefusal) || error.code !== "NoSuchResourceException") throw error;
    return ask("GetAWSDefaultServiceQuota");
  }
}

/** The role behind a session; its path stands in no session's ARN. */
async function policySource(requests: SignedRequests, arn: string): Promise<string> {
  const RoleName = /:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  if (RoleName === undefined) return arn;
  const xml = await requests.query("iam", versions.iam, "GetRole", { RoleName });
  return /<Arn>([^<]+)</.exec(xml)?.[1] ?? arn;
}
