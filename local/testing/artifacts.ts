import { createHash } from "node:crypto";
import type { Release } from "../../protocol/documents.ts";
import { awsRegion } from "../region/aws.ts";
import { readRegionFile } from "../region/index.ts";

/** Options with which a test's own AWS clients reach the region's simulated AWS. */
const awsClientOptions = () => ({
  region: awsRegion,
  endpoint: readRegionFile().awsEndpoint,
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
});

const s3ClientOptions = () => ({ ...awsClientOptions(), forcePathStyle: true });

/** Puts an archive where `announce` does not look, and returns a deploy's fields for it. */
export async function putArtifact(
  archive: Buffer,
): Promise<Pick<Release, "url" | "versionId" | "sha256" | "size">> {
  const { S3Client, PutObjectCommand } = await import("@aws-sdk/client-s3");
  const client = new S3Client(s3ClientOptions());
  const sha256 = createHash("sha256").update(archive).digest("hex");
  const Bucket = readRegionFile().artifactsBucket;
  const Key = `by-hand/${sha256}`;
  const { VersionId = "null" } = await client.send(
    new PutObjectCommand({ Bucket, Key, Body: archive }),
  );
  return { url: `s3://${Bucket}/${Key}`, versionId: VersionId, sha256, size: archive.length };
}

/** Deletes one version of an archive for good; others of the same key stay. */
export async function deleteArtifact({
  url,
  versionId,
}: Pick<Release, "url" | "versionId">): Promise<void> {
  const { S3Client, DeleteObjectCommand } = await import("@aws-sdk/client-s3");
  const client = new S3Client(s3ClientOptions());
  const { host, pathname } = new URL(url);
  const version = { Bucket: host, Key: pathname.slice(1), VersionId: versionId };
  await client.send(new DeleteObjectCommand(version));
}

/** Puts a parameter as an operator would, before an instance reads it. */
export async function putSecret(name: string, value: string): Promise<void> {
  const { SSMClient, PutParameterCommand } = await import("@aws-sdk/client-ssm");
  const client = new SSMClient(awsClientOptions());
  await client.send(
    new PutParameterCommand({ Name: name, Value: value, Type: "SecureString", Overwrite: true }),
  );
}
