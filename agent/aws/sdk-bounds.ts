/** How long a client of the AWS SDK waits; by itself it waits for ever. */
export interface SdkBounds {
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    /** Silence in the middle of an answer. */
    readonly socketTimeout: number;
    readonly throwOnRequestTimeout: true;
  };
}

/** Longer than any service takes that answers at all. */
export const sdkBounds: SdkBounds = {
  maxAttempts: 2,
  requestHandler: {
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    socketTimeout: 10_000,
    throwOnRequestTimeout: true,
  },
};
