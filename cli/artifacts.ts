import { artifactKey, parseArtifactKey } from "../protocol/releases.ts";

/** The bucket with the releases' archives. */
export interface Artifacts {
  readonly bucket: string;
  put(key: string, body: Buffer, metadata: Readonly<Record<string, string>>): Promise<void>;
  /** Keys under a prefix. */
  list(prefix: string): Promise<string[]>;
  /** The newest version of an object, or undefined for one that is not there. */
  head(key: string): Promise<ArtifactHead | undefined>;
}

export interface ArtifactHead {
  readonly versionId: string;
  readonly size: number;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface S3Access {
  readonly bucket: string;
  /** @default AWS's own */
  readonly endpoint?: string | undefined;
  readonly region: string;
}

/** The bucket in S3. The SDK is loaded with the first call: most commands need none. */
export function s3Artifacts({ bucket, endpoint, region }: S3Access): Artifacts {
  const connect = async () => {
    const sdk = await import("@aws-sdk/client-s3");
    const played = {
      endpoint: endpoint as string,
      forcePathStyle: true,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    };
    return { sdk, client: new sdk.S3Client({ region, ...(endpoint ? played : {}) }) };
  };
  return {
    bucket,
    async put(key, body, metadata) {
      const { sdk, client } = await connect();
      const command = new sdk.PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        Metadata: { ...metadata },
      });
      await client.send(command);
    },
    async list(prefix) {
      const { sdk, client } = await connect();
      const pages = sdk.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix });
      const keys: string[] = [];
      for await (const page of pages) keys.push(...(page.Contents ?? []).map((o) => o.Key ?? ""));
      return keys;
    },
    async head(key) {
      const { sdk, client } = await connect();
      try {
        const command = new sdk.HeadObjectCommand({ Bucket: bucket, Key: key });
        const { VersionId = "null", ContentLength = 0, Metadata = {} } = await client.send(command);
        return { versionId: VersionId, size: ContentLength, metadata: Metadata };
      } catch (error) {
        if ((error as Error).name === "NotFound") return undefined;
        throw error;
      }
    },
  };
}

/** Builds of a service that are in the bucket, the newest first. */
export async function builds(artifacts: Artifacts, service: string) {
  const keys = await artifacts.list(`${service}/`);
  return keys
    .flatMap((key) => parseArtifactKey(key) ?? [])
    .sort((a, b) => b.sequence - a.sequence)
    .map((build) => ({ ...build, key: artifactKey(build) }));
}
