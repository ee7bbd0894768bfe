import { describe } from "../../lib/problem.ts";
import { servingByJournal } from "../core/routes.ts";
import type { Move } from "../core/state.ts";
import type { Context } from "./context.ts";
import { finishMove } from "./converge.ts";
import type { Progress } from "./progress.ts";
import { isDown } from "./rest.ts";

/**
 * Goes on with the retirements of an agent that was killed, and with those that failed: their new
 * processes serve, and nothing else waits for an old job. Never rejects; what cannot be known is
 * recovered like any other move.
 */
export async function resumeRetirements(deps: Omit<Context, keyof Progress>): Promise<void> {
  const { service, journal, supervisor, retirements, log } = deps;
  const context = { ...deps, ...retirements.progress };
  const numbers = Object.keys(journal.current().moves).map(Number);
  const resume = async (n: number) => {
    const { [n]: move } = journal.current().moves;
    const on = servingByJournal(service, journal.current(), n);
    if (!move || on !== move.to || retirements.isUnderWay(n)) return;
    if (isDown(await supervisor.state({ n, side: on.side }))) return;
    await journalServing(context, n, move);
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

/**
 * Records that the new side of a process serves, which a killed agent may not have: a roll back to
 * what the old one serves would take that process for done.
 */
function journalServing({ journal }: Pick<Context, "journal">, n: number, move: Move) {
  return journal.change((state) => {
    const { [n]: from = move.to } = state.serving;
    const isKnown = from.environmentId === move.to.environmentId && from.side === move.to.side;
    const known: Move = isKnown ? move : { from, ...move };
    return {
      ...state,
      serving: { ...state.serving, [n]: move.to },
      moves: { ...state.moves, [n]: known },
    };
  });
}
