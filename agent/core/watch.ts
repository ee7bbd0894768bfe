import { backoff } from "../../lib/backoff.ts";
import type { Consul, Entry } from "../../lib/consul.ts";
import { logOnChange } from "../../lib/log-on-change.ts";
import { parseDeploy } from "../../protocol/deploys.ts";
import type { Deploy } from "../../protocol/documents.ts";
import { keys } from "../../protocol/keys.ts";
import type { Clock, Log } from "./effects.ts";

const retryWaits = { shortestMs: 250, longestMs: 5000 };
/** Pause after a wake-up without a change, so that a busy KV does not make a busy agent. */
const idleWakeMs = 1000;
/** Shortest time until an unchanged document is handed on again, which costs a read. */
const betweenHandsMs = 30_000;

export interface WatchContext {
  readonly consul: Consul;
  readonly clock: Clock;
  readonly log: Log;
  /** Between 0 and 1; spreads the retries of many agents. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Whether a document was known before this watch: then its absence is logged. @default false */
  readonly isKnown?: boolean;
}

const unread = Symbol("not read yet");
const gone = new Error("the document is gone");

/** Hands on each new deploy of a service, and an unchanged one again from time to time. */
export const watchDeploy = (
  deps: WatchContext & { readonly service: string },
  hand: (deploy: Deploy) => void,
  handAgain?: (deploy: Deploy) => void,
) => {
  const parse = (entry: Entry) => parseDeploy(deps.service, entry);
  return watchDocument(deps, keys.deploy(deps.service), parse, hand, handAgain);
};

/**
 * Long-polls one key for as long as the signal lets it, and hands on each document whose text
 * differs from the one before. A missing key, a failed read or an invalid document is logged once
 * and changes nothing.
 *
 * @param handAgain gets the document of a read that found the same text: at the end of each wait,
 * and sooner where Consul was restored from a snapshot, which ends every wait.
 */
export async function watchDocument<Document>(
  deps: WatchContext,
  key: string,
  parse: (entry: Entry) => Document,
  hand: (document: Document) => void,
  handAgain: (document: Document) => void = () => {},
): Promise<void> {
  const { consul, clock, log, random, signal, isKnown = false } = deps;
  let index = 0;
  let seen: string | undefined | typeof unread = isKnown ? unread : undefined;
  let handed: { readonly document: Document; readonly atMs: number } | undefined;
  const again = backoff(retryWaits, random);
  const logTrouble = logOnChange((error, trouble) =>
    trouble === gone
      ? log("watch.gone", { key, unchanged: "what runs goes on" })
      : log("watch.failed", { key, error }),
  );
  while (!signal.aborted) {
    try {
      const read = await consul.get(key, { index, signal });
      index = read.index;
      again.reset();
      const text = read.found?.value;
      if (text === seen) {
        if (handed && clock.monotonicMs() - handed.atMs >= betweenHandsMs) {
          handed = { ...handed, atMs: clock.monotonicMs() };
          handAgain(handed.document);
        }
        await clock.sleep(idleWakeMs);
        continue;
      }
      if (text === undefined) logTrouble(gone);
      // An invalid text is remembered too, so that it is refused only once.
      seen = text;
      handed = undefined;
      if (read.found) {
        handed = { document: parse(read.found), atMs: clock.monotonicMs() };
        hand(handed.document);
        logTrouble.clear();
      }
    } catch (error) {
      if (signal.aborted) return;
      logTrouble(error);
      await clock.sleep(again.nextMs());
      // Read at once what changed while Consul was away, instead of waiting for the next change.
      index = 0;
    }
  }
}
