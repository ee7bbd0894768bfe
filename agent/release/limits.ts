import { type ArchiveLimits, archiveLimits } from "../../protocol/archive.ts";

/** What an archive may hold, and what must be left of the disk; more is refused while it is unpacked. */
export interface UnpackLimits extends ArchiveLimits {
  /** Free bytes of the disk that are left alone. */
  readonly reserveBytes: number;
}

export const defaultLimits: UnpackLimits = { ...archiveLimits, reserveBytes: 64 * 1024 ** 2 };
