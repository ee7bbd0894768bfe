import { type ArchiveLimits, archiveLimits } from "../../protocol/archive.ts";

/** Limits of an archive and of the disk, enforced while it is unpacked. */
export interface UnpackLimits extends ArchiveLimits {
  /** Free bytes of the disk that must be left. */
  readonly reserveBytes: number;
}

export const defaultLimits: UnpackLimits = { ...archiveLimits, reserveBytes: 64 * 1024 ** 2 };
