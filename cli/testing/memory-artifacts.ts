import { createHash } from "node:crypto";
import type { ArtifactHead, Artifacts } from "../releases/artifacts.ts";

/** A versioned bucket in memory. */
export interface MemoryArtifacts extends Artifacts {
  /** The newest object under a key. */
  object(key: string): (ArtifactHead & { readonly body: Buffer }) | undefined;
}

export function memoryArtifacts(bucket = "artifacts"): MemoryArtifacts {
  const objects = new Map<string, ArtifactHead & { body: Buffer }>();
  let version = 0;
  return {
    bucket,
    async put(key, body, metadata) {
      if (objects.has(key)) return false;
      version += 1;
      const versionId = `v${version}`;
      objects.set(key, { versionId, size: body.length, metadata, body });
      return true;
    },
    list: async (prefix) =>
      [...objects]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, { body }]) => ({ key, etag: createHash("md5").update(body).digest("hex") })),
    head: async (key) => objects.get(key),
    object: (key) => objects.get(key),
  };
}
