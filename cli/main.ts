import { describe, Problem } from "../protocol/problem.ts";
import { connect } from "./connect.ts";
import type { Context } from "./context.ts";
import { understand, WrongUse } from "./usage.ts";

/**
 * The `shoestring` command line.
 *
 * @param connectTo gives a command its Consul, bucket, clock and outputs.
 * @returns the exit code: 0 done, 1 the thing failed, 2 wrong use.
 */
export async function main(
  argv: readonly string[],
  connectTo: (cluster: string) => Context = connect,
  complain: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): Promise<number> {
  try {
    const { command, words, options, cluster } = understand(argv, process.env);
    const context = connectTo(cluster);
    const who = options.by === undefined ? context : { ...context, by: options.by };
    return await command.run(who, words, options);
  } catch (error) {
    if (error instanceof WrongUse) {
      complain(error.message);
      return 2;
    }
    complain(error instanceof Problem ? threeLines(error) : `failed: ${describe(error)}`);
    return 1;
  }
}

const threeLines = ({ happened, unchanged, next }: Problem) =>
  `failed: ${happened}\nunchanged: ${unchanged}\nnext: ${next}`;
