import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { parseJson } from "../../protocol/json.ts";
import { Problem } from "../../protocol/problem.ts";

/**
 * Does a piece of work in a process of its own, which gets its input on stdin and answers with
 * one JSON document on stdout. The AWS SDK and an archive's buffers are then gone from memory
 * when the work is done (codedeploy #32, #308), and a hostile archive kills only this process.
 *
 * @param longestMs after this the process is ended, where the work has no bound of its own.
 */
export async function inChild<Result>(
  verb: string,
  input: unknown,
  longestMs?: number,
): Promise<Result> {
  const program = join(dirname(process.argv[1] as string), "aws.js");
  const child = spawn(process.execPath, [program, verb], {
    stdio: ["pipe", "pipe", "inherit"],
    // Each starts anew; what the last one compiled makes that faster.
    env: { ...process.env, NODE_COMPILE_CACHE: "/var/cache/shoestring" },
    timeout: longestMs,
    killSignal: "SIGKILL",
  });
  // A child that ended before it read all: its answer, or that there is none, says it.
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(input));
  const [output, code] = await Promise.all([
    text(child.stdout),
    new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    }),
  ]);
  const answer = parse<Result>(output);
  if (answer && "result" in answer) return answer.result;
  throw new Problem(
    answer?.problem ?? {
      happened: `"aws.js ${verb}" ended with ${code ?? "a signal"} and no answer`,
      unchanged: "every process keeps its release",
      next: "journalctl -u shoestring-agent",
    },
  );
}

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
