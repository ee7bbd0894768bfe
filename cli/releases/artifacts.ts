import { describe, Problem } from "../../lib/problem.ts";
import { artifactKey, parseArtifactKey } from "../../protocol/releases.ts";

/** The bucket with the releases' archives. Every method rejects with a Problem. */
export interface Artifacts {
  readonly bucket: string;
  /** Creates an object, and never overwrites one. @returns false where the key is taken. */
  put(key: string, body: Buffer, metadata: Readonly<Record<string, string>>): Promise<boolean>;
  /** Lists the objects under a prefix. */
  list(prefix: string): Promise<ListedArtifact[]>;
  /** The newest version of an object, or undefined where there is none. */
  head(key: string): Promise<ArtifactHead | undefined>;
}

export interface ListedArtifact {
  readonly key: string;
  /** The object's MD5, for an upload in one piece to a bucket with S3's own key, as here. */
  readonly etag: string;
}

export interface ArtifactHead {
  /** Absent where the bucket keeps no versions. */
  readonly versionId: string | undefined;
  readonly size: number;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface S3Access {
  /** May be empty; then every call fails and says which variable to set. */
  readonly bucket: string;
  /** @default AWS's own */
  readonly endpoint?: string | undefined;
  readonly region: string;
  /** Credentials for an endpoint that accepts any. @default the SDK's chain */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The bucket in S3. The first call loads the SDK, which most commands do not need. */
export function s3Artifacts({ bucket, endpoint, region, credentials }: S3Access): Artifacts {
  const connect = async () => {
    if (bucket === "") throw noBucket();
    const sdk = await import("@aws-sdk/client-s3");
    const client = new sdk.S3Client({
      region,
      ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
      ...(credentials ? { credentials } : {}),
    });
    return { sdk, client };
  };
  return {
    bucket,
    async put(key, body, metadata) {
      const { sdk, client } = await connect();
      const object = { Bucket: bucket, Key: key, Body: body, Metadata: { ...metadata } };
      return answered(`upload s3://${bucket}/${key}`, async () => {
        try {
          await client.send(new sdk.PutObjectCommand({ ...object, IfNoneMatch: "*" }));
          return true;
        } catch (error) {
          if ((error as Error).name === "PreconditionFailed") return false;
          throw error;
        }
      });
    },
    async list(prefix) {
      const { sdk, client } = await connect();
      return answered(`list s3://${bucket}/${prefix}`, async () => {
        const pages = sdk.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix });
        const listed: ListedArtifact[] = [];
        for await (const { Contents = [] } of pages) {
          for (const { Key = "", ETag = "" } of Contents) {
            listed.push({ key: Key, etag: ETag.replaceAll('"', "") });
          }
        }
        return listed;
      });
    },
    async head(key) {
      const { sdk, client } = await connect();
      return answered(`look at s3://${bucket}/${key}`, async () => {
        try {
          const command = new sdk.HeadObjectCommand({ Bucket: bucket, Key: key });
          const { VersionId, ContentLength = 0, Metadata = {} } = await client.send(command);
          return { versionId: VersionId, size: ContentLength, metadata: Metadata };
        } catch (error) {
          if ((error as Error).name === "NotFound") return undefined;
          throw error;
        }
      });
    },
  };
}

/** Lists a service's builds in the bucket, the newest first. */
export async function builds(artifacts: Artifacts, service: string) {
  const listed = await artifacts.list(`${service}/`);
  return listed
    .flatMap(({ key }) => parseArtifactKey(key) ?? [])
    .sort((a, b) => b.sequence - a.sequence)
    .map((build) => ({ ...build, key: artifactKey(build) }));
}

async function answered<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new Problem({
      happened: `S3 did not ${what}: ${describe(cause)}`,
      unchanged: "no deploy was written; every service runs what it ran",
      next: "check SHOESTRING_ARTIFACTS_BUCKET and AWS_REGION, and who you are: aws sts get-caller-identity",
      cause,
    });
  }
}

const noBucket = () =>
  new Problem({
    happened: "nothing says which bucket has the releases' archives",
    unchanged: "nothing was read or written",
    next: "set SHOESTRING_ARTIFACTS_BUCKET to the cluster's artifacts bucket",
  });
