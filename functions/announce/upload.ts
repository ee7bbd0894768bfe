import * as z from "zod";
import { parseJson } from "../../lib/json.ts";
import { Problem } from "../../lib/problem.ts";
import { ArtifactMetadata } from "../../protocol/artifact.ts";
import type { Release } from "../../protocol/documents.ts";
import { parseArtifactKey, type ReleaseName, releaseId } from "../../protocol/releases.ts";

/** One object that S3 reports as created. */
export interface Upload {
  readonly bucket: string;
  readonly key: string;
  /** Absent in events of an S3 without versions in them; then the current version is pinned. */
  readonly versionId: string | undefined;
  readonly at: Date;
}

const S3Event = z.object({
  Records: z.array(
    z.object({
      eventName: z.string(),
      eventTime: z.iso.datetime(),
      s3: z.object({
        bucket: z.object({ name: z.string() }),
        object: z.object({ key: z.string(), versionId: z.string().min(1).optional() }),
      }),
    }),
  ),
});

const TestEvent = z.object({ Event: z.literal("s3:TestEvent") });

/**
 * The uploads in one queue message. S3 sends a test event when a notification is set up, and
 * encodes keys as in a URL, spaces as "+".
 *
 * @throws Problem for a body that is not an S3 event.
 */
export function parseUploads(body: string): Upload[] {
  let json: unknown;
  try {
    json = parseJson(body);
  } catch (cause) {
    throw poison("the message is not JSON", cause);
  }
  if (TestEvent.safeParse(json).success) return [];
  const event = S3Event.safeParse(json);
  if (!event.success) throw poison(`the message is no S3 event: ${z.prettifyError(event.error)}`);
  return event.data.Records.filter(({ eventName }) => eventName.includes("ObjectCreated")).map(
    ({ eventTime, s3 }) => ({
      bucket: s3.bucket.name,
      key: decodeURIComponent(s3.object.key.replaceAll("+", " ")),
      versionId: s3.object.versionId,
      at: new Date(eventTime),
    }),
  );
}

/** S3's metadata of one version of an object, and its size in bytes. */
export interface ObjectHead {
  readonly versionId: string;
  readonly uploadedAt: Date;
  readonly metadata: Readonly<Record<string, string>>;
  readonly size: number;
}

/** A release that may be announced, with its author and reason. */
export interface BuiltRelease {
  readonly service: string;
  readonly release: Release;
  readonly metadata: ArtifactMetadata;
  readonly uploadedAt: Date;
}

/** The build that an upload's key names. @throws Problem for a key of another form. */
export function buildOf({ key }: Upload): ReleaseName {
  const build = parseArtifactKey(key);
  if (build) return build;
  throw poison(`the key ${key} is not of the form <service>/<sequence>-<commit>.tar.gz`);
}

/**
 * Checks an object's metadata against its schema, its key and its size.
 *
 * @throws Problem that names the field.
 */
export function releaseOf(upload: Upload, build: ReleaseName, head: ObjectHead): BuiltRelease {
  const { bucket, key } = upload;
  const parsed = ArtifactMetadata.safeParse(head.metadata);
  if (!parsed.success)
    throw poison(`the metadata of ${key} is wrong: ${z.prettifyError(parsed.error)}`);
  const metadata = parsed.data;
  const { commit, sequence, sha256, size, repository } = metadata;
  if (commit !== build.commit || sequence !== build.sequence) {
    throw poison(`the metadata of ${key} names build ${sequence} of ${commit}, its key another`);
  }
  if (size !== head.size) throw poison(`${key} has ${head.size} bytes, its metadata says ${size}`);
  const url = `s3://${bucket}/${key}`;
  const id = releaseId(build);
  return {
    service: build.service,
    release: {
      id,
      sequence,
      url,
      versionId: head.versionId,
      sha256,
      size,
      commit,
      ...(repository === undefined ? {} : { repository }),
    },
    metadata,
    uploadedAt: head.uploadedAt,
  };
}

function poison(why: string, cause?: unknown): Problem {
  return new Problem({
    happened: `an upload cannot be announced: ${why}`,
    unchanged: "no deploy was written; every service runs what it ran",
    next: "see the dead-letter queue; upload with: shoestring release push",
    cause,
  });
}
