import { describe } from "../../lib/problem.ts";
import { servingByJournal } from "../core/routes.ts";
import type { Context } from "./context.ts";
import { finishMove } from "./converge.ts";
import type { Progress } from "./progress.ts";
import { isDown } from "./rest.ts";

/**
 * Goes on with the retirements of an agent that was killed: their new processes serve, and nothing
 * else waits for an old job. Never rejects; what cannot be known is recovered like any other move.
 */
export async function resumeRetirements(deps: Omit<Context, keyof Progress>): Promise<void> {
  const { service, journal, supervisor, retirements, log } = deps;
  const context = { ...deps, ...retirements.progress };
  const numbers = Object.keys(journal.current().moves).map(Number);
  const resume = async (n: number) => {
    const { [n]: move } = journal.current().moves;
    const on = servingByJournal(service, journal.current(), n);
    if (!move || on !== move.to) return;
    if (isDown(await supervisor.state({ n, side: on.side }))) return;
    const finished = finishMove(context, n).catch((error: unknown) =>
      log("retire.failed", { process: n, error: describe(error) }),
    );
    retirements.add(n, finished);
  };
  await Promise.all(
    numbers.map((n) =>
      resume(n).catch((error: unknown) =>
        log("retire.unknown", { process: n, error: describe(error) }),
      ),
    ),
  );
}
