import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { aborted, orAborted } from "../../lib/aborted.ts";
import { parseJson } from "../../lib/json.ts";
import { Problem } from "../../lib/problem.ts";

/** Bounds of a piece of work in a child. */
export interface ChildBound {
  /** After this its process is killed. */
  readonly longestMs: number;
  /** Ends it sooner, when its result is no longer wanted. */
  readonly stop?: AbortSignal;
  /** The program to run. @default aws.js beside the agent */
  readonly program?: string;
}

/** Longest wait for a killed process, which the kernel may hold; it can do no more work. */
const killedMs = 5000;

/**
 * Does a piece of work in a process of its own, which gets its input on stdin and answers with
 * one JSON document on stdout. The AWS SDK and an archive's buffers are then gone from memory
 * when the work is done (codedeploy #32, #308), and a hostile archive kills only this process.
 *
 * @throws Problem: the work's own, or one that says why there is no answer. The process has ended.
 */
export async function inChild<Result>(
  verb: string,
  input: unknown,
  { longestMs, stop, program = join(dirname(process.argv[1] as string), "aws.js") }: ChildBound,
): Promise<Result> {
  const child = spawn(process.execPath, [program, verb], {
    stdio: ["pipe", "pipe", "inherit"],
    // Each child compiles its code anew; this cache makes that faster.
    env: { ...process.env, NODE_COMPILE_CACHE: "/var/cache/shoestring" },
  });
  // A child may end before it read everything; then its answer, or the lack of one, says why.
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(input));
  const over = Promise.all([text(child.stdout), once(child, "close")]);
  const bound = AbortSignal.any([AbortSignal.timeout(longestMs), ...(stop ? [stop] : [])]);
  const outcome = await orAborted(over, bound);
  if (outcome === aborted) {
    child.kill("SIGKILL");
    await Promise.race([over.catch(() => undefined), sleep(killedMs, undefined, { ref: false })]);
    throw noResult(
      verb,
      stop?.aborted
        ? "no answer: nobody wanted it any more"
        : `no answer within ${longestMs / 1000} s`,
    );
  }
  const [output, [code]] = outcome;
  const answer = parse<Result>(output);
  if (answer && "result" in answer) return answer.result;
  throw answer
    ? new Problem(answer.problem)
    : noResult(verb, `${code ?? "a signal"} and no answer`);
}

const noResult = (verb: string, why: string) =>
  new Problem({
    happened: `"aws.js ${verb}" ended with ${why}`,
    unchanged: "every process keeps its release",
    next: "journalctl -u shoestring-agent",
  });

type ChildAnswer<Result> =
  | { readonly result: Result }
  | { readonly problem: { happened: string; unchanged: string; next: string } };

function parse<Result>(output: string): ChildAnswer<Result> | undefined {
  try {
    return parseJson(output) as ChildAnswer<Result>;
  } catch {
    return undefined;
  }
}

/** The other end of `inChild`: reads the input, does the work, prints the answer. */
export async function answerParent<Input>(work: (input: Input) => Promise<unknown>): Promise<void> {
  const input = parseJson(await text(process.stdin)) as Input;
  const answer = await work(input).then(
    (result) => ({ result: result ?? null }),
    (error: unknown) => ({ problem: partsOf(error) }),
  );
  process.stdout.write(JSON.stringify(answer));
}

function partsOf(error: unknown) {
  if (error instanceof Problem) {
    const { happened, unchanged, next } = error;
    return { happened, unchanged, next };
  }
  return {
    happened: String(error),
    unchanged: "every process keeps its release",
    next: "journalctl -u shoestring-agent",
  };
}
