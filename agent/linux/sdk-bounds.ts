/** So long an AWS service is waited for: longer than any of them takes that answers at all. */
export const sdkBounds = {
  maxAttempts: 2,
  requestHandler: {
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    /** Silence in the middle of an answer. */
    socketTimeout: 10_000,
    throwOnRequestTimeout: true,
  },
} as const;
