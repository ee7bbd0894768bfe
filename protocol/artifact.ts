import * as z from "zod";
import { Commit, RepositoryUrl, Sequence, Sha256 } from "./releases.ts";
import { SlackMetadata } from "./slack-reference.ts";

/** An archive larger than this is no service's release; it is refused before the download. */
export const maxArtifactBytes = 2 * 1024 ** 3;

/** W3C trace context, the `traceparent` header's value. */
export const Traceparent = z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);

const integer = z
  .string()
  .regex(/^[0-9]{1,16}$/)
  .transform(Number);

/** A wrong field that only adds detail about an upload does not refuse it. */
const optionalDetail = <Schema extends z.ZodType>(schema: Schema) =>
  schema.optional().catch(undefined);

/** Metadata of the archive's object, as S3 returns it: lower-case names, string values. */
export const ArtifactMetadata = z.object({
  sha256: Sha256,
  size: integer.pipe(z.number().int().min(1).max(maxArtifactBytes)),
  commit: Commit,
  sequence: integer.pipe(Sequence),
  "built-by": z.string().min(1).max(200),
  /** The span of the build, the parent of everything that follows. */
  traceparent: optionalDetail(Traceparent),
  /** When the build began. */
  "build-started": optionalDetail(z.iso.datetime()),
  /** When the build ended and its upload began. */
  "upload-started": optionalDetail(z.iso.datetime()),
  reason: z.string().max(500).optional(),
  // Decoration: the deploy goes on without these if they are wrong.
  repository: RepositoryUrl.optional().catch(undefined),
  slack: SlackMetadata.optional().catch(undefined),
});
export type ArtifactMetadata = z.infer<typeof ArtifactMetadata>;
