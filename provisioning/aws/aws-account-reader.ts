import { GetObjectCommand, HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { describe } from "../../lib/problem.ts";
import type { AccountReader, AdoptableType } from "./account-reader.ts";
import { AwsRefusal, type SignedRequests } from "./signed-requests.ts";

const [iam, sts] = ["2010-05-08", "2011-06-15"];

/** The account that the SDK's usual credentials belong to. */
export function awsAccountReader(
  requests: SignedRequests,
  region: string,
  env: NodeJS.ProcessEnv,
): AccountReader {
  const forcePathStyle = env.AWS_ENDPOINT_URL !== undefined;
  const s3 = new S3Client({ region, forcePathStyle });
  const existing: Readonly<Record<AdoptableType, (id: string) => Promise<unknown>>> = {
    aws_s3_bucket: (Bucket) =>
      fromS3(`a look at the bucket ${Bucket}`, () => s3.send(new HeadBucketCommand({ Bucket }))),
    aws_iam_openid_connect_provider: (OpenIDConnectProviderArn) =>
      requests.query("iam", iam, "GetOpenIDConnectProvider", { OpenIDConnectProviderArn }),
    aws_iam_role: (RoleName) => requests.query("iam", iam, "GetRole", { RoleName }),
    aws_iam_policy: (PolicyArn) => requests.query("iam", iam, "GetPolicy", { PolicyArn }),
    aws_budgets_budget: (id) => {
      const [AccountId, BudgetName] = id.split(":");
      const target = "AWSBudgetServiceGateway.DescribeBudget";
      return requests.json("budgets", target, { AccountId, BudgetName });
    },
  };
  return {
    async caller() {
      const xml = await requests.query("sts", sts, "GetCallerIdentity");
      const part = (tag: string) => new RegExp(`<${tag}>([^<]+)<`).exec(xml)?.[1] ?? "";
      return { account: part("Account"), arn: part("Arn") };
    },
    exists: async (type, id) => (await unlessMissing(() => existing[type](id))) !== undefined,
    object: (Bucket, Key) =>
      unlessMissing(() =>
        fromS3(`a read of s3://${Bucket}/${Key}`, async () => {
          const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
          return (await Body?.transformToString()) ?? "";
        }),
      ),
  };
}

/** AWS's words for something that does not exist. */
const missing = ["NoSuchEntity", "NotFoundException", "NotFound", "NoSuchBucket", "NoSuchKey"];

async function unlessMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof AwsRefusal && missing.includes(error.code)) return undefined;
    throw error;
  }
}

async function fromS3<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new AwsRefusal(what, (error as Error).name, describe(error));
  }
}
