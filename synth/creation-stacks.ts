/**
 * Runs a synth without the call stack that cdktf captures for every token, which takes as long as
 * all the rest. Errors keep theirs. cdktf has no option for it; its fork has one.
 */
export function withoutCreationStacks<T>(synth: () => T): T {
  const capture = Error.captureStackTrace;
  // cdktf captures the stack on a plain object, and accepts a missing one.
  Error.captureStackTrace = (of, below) => {
    if (of instanceof Error) capture(of, below ?? Error.captureStackTrace);
  };
  try {
    return synth();
  } finally {
    Error.captureStackTrace = capture;
  }
}
