/** What an archive may hold at most; more is refused while it is unpacked. */
export interface UnpackLimits {
  readonly entries: number;
  readonly bytes: number;
  /** Unpacked bytes for each packed byte; an ordinary release has 3 to 20, a bomb 1000. */
  readonly ratio: number;
  /** Free bytes of the disk that are left alone. */
  readonly reserveBytes: number;
}

export const defaultLimits: UnpackLimits = {
  entries: 200_000,
  bytes: 4 * 1024 ** 3,
  ratio: 200,
  reserveBytes: 64 * 1024 ** 2,
};
