/** Timeouts for clients of the AWS SDK, which by default wait for ever. */
export interface SdkBounds {
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    /** Longest silence in the middle of an answer. */
    readonly socketTimeout: number;
    readonly throwOnRequestTimeout: true;
  };
}

/** Longer than any service takes if it answers at all. */
export const sdkBounds: SdkBounds = {
  maxAttempts: 2,
  requestHandler: {
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    socketTimeout: 10_000,
    throwOnRequestTimeout: true,
  },
};
