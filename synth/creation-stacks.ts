/**
 * Runs a synth without the call stack that cdktf notes for every token, which takes as long as
 * all the rest. Errors keep theirs. cdktf has no switch for it; its fork has one.
 */
export function withoutCreationStacks<T>(synth: () => T): T {
  const capture = Error.captureStackTrace;
  // cdktf asks for the stack of a plain object, and takes none for an answer.
  Error.captureStackTrace = (of, below) => {
    if (of instanceof Error) capture(of, below ?? Error.captureStackTrace);
  };
  try {
    return synth();
  } finally {
    Error.captureStackTrace = capture;
  }
}
