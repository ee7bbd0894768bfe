import { DeleteObjectsCommand, ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import {
  DeleteParametersCommand,
  paginateDescribeParameters,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { Problem } from "../../lib/problem.ts";
import type { ClusterRemains } from "./cluster-remains.ts";

/** SSM deletes so many at once. */
const mostParameters = 10;

/** The remains at AWS, by the SDK's usual credentials. */
export function awsClusterRemains(env: NodeJS.ProcessEnv): ClusterRemains {
  const forcePathStyle = env.AWS_ENDPOINT_URL !== undefined;
  return {
    async emptyBucket(region, Bucket) {
      const client = new S3Client({ region, forcePathStyle });
      let deleted = 0;
      try {
        // Each look is at the first versions that are left; S3 deletes as many at once.
        for (;;) {
          const left = await client.send(new ListObjectVersionsCommand({ Bucket }));
          const Objects = [...(left.Versions ?? []), ...(left.DeleteMarkers ?? [])].map(
            ({ Key, VersionId }) => ({ Key: Key as string, VersionId }),
          );
          if (Objects.length === 0) return deleted;
          const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
          const { Errors = [] } = await client.send(command);
          if (Errors.length > 0) throw refusedDelete(Bucket, Errors[0]?.Message ?? "");
          deleted += Objects.length;
        }
      } catch (error) {
        if ((error as Error).name !== "NoSuchBucket") throw error;
        return deleted;
      }
    },
    async parameters(region, path) {
      const client = new SSMClient({ region });
      const below = { Key: "Name", Option: "BeginsWith", Values: [path] };
      const names: string[] = [];
      for await (const { Parameters = [] } of paginateDescribeParameters(
        { client },
        { ParameterFilters: [below] },
      )) {
        names.push(...Parameters.flatMap(({ Name }) => Name ?? []));
      }
      return names;
    },
    async deleteParameters(region, names) {
      const client = new SSMClient({ region });
      for (let at = 0; at < names.length; at += mostParameters) {
        const Names = names.slice(at, at + mostParameters);
        await client.send(new DeleteParametersCommand({ Names }));
      }
    },
  };
}

const refusedDelete = (bucket: string, why: string) =>
  new Problem({
    happened: `S3 did not delete every object of ${bucket}: ${why}`,
    unchanged: "the cluster stands; only objects of that bucket are gone",
    next: "see who you are and what you may do: aws sts get-caller-identity",
  });
