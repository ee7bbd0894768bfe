import { describe, Problem, threeLines } from "../lib/problem.ts";
import { connect } from "./connect.ts";
import type { Context } from "./core/context.ts";
import { HelpWanted, understand, WrongUse } from "./usage.ts";

/**
 * The `shoestring` command line.
 *
 * @param connectTo gives a command its Consul, bucket, clock and outputs.
 * @param complain prints errors, to stderr.
 * @param explain prints the requested help, to stdout.
 * @returns the exit code: 0 done, 1 the thing failed, 2 wrong use.
 */
export async function main(
  argv: readonly string[],
  connectTo: (cluster: string) => Context = connect,
  complain: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
  explain: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
): Promise<number> {
  try {
    const { command, words, options, cluster } = understand(argv, process.env);
    const context = connectTo(cluster);
    const who = options.by === undefined ? context : { ...context, by: options.by };
    return await command.run(who, words, options);
  } catch (error) {
    if (error instanceof HelpWanted) {
      explain(error.message);
      return 0;
    }
    if (error instanceof WrongUse) {
      complain(error.message);
      return 2;
    }
    complain(threeLines(error instanceof Problem ? error : unexpected(error)));
    return 1;
  }
}

/** No code throws this on purpose, so how far the command came is unknown. */
const unexpected = (cause: unknown) =>
  new Problem({
    happened: describe(cause),
    unchanged: "what is written is written whole or not at all",
    next: "see what stands: shoestring status; this is a fault of shoestring, please report it",
    cause,
  });
