import { connect } from "../../cli/connect.ts";
import { main } from "../../cli/main.ts";

/**
 * Runs a command of the CLI in this process, without its output.
 *
 * @throws Error with the command's own words, if it fails.
 */
export async function shoestring(...argv: string[]): Promise<void> {
  const errors: string[] = [];
  const quiet = (cluster: string) => ({ ...connect(cluster), out: () => {}, say: () => {} });
  const code = await main(argv, quiet, (line) => void errors.push(line));
  if (code !== 0) throw new Error(errors.join("\n"));
}
