import { orAborted } from "../../lib/aborted.ts";
import { backoff } from "../../lib/backoff.ts";
import type { Http } from "../../lib/http.ts";
import { logOnChange } from "../../lib/log-on-change.ts";
import type { Clock, Log } from "../core/effects.ts";

const retryWaits = { shortestMs: 1000, longestMs: 15_000 };

/**
 * Gives this machine's Consul client its own token, which its configuration cannot hold: user
 * data must hold no secrets. The client keeps it (`enable_token_persistence`). Fire-and-forget: the
 * agent's requests bring their own token.
 */
export async function setClientToken(deps: {
  readonly url: string;
  readonly token: string;
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Aborts when the token is replaced. */
  readonly stop: AbortSignal;
}): Promise<void> {
  const { url, token, http, clock, log, random, stop } = deps;
  const again = backoff(retryWaits, random);
  const logError = logOnChange((error) => log("consul-client.wait", { error }));
  while (!stop.aborted) {
    try {
      for (const kind of ["agent", "default"]) {
        const answer = await http({
          method: "PUT",
          url: `${url}/v1/agent/token/${kind}`,
          headers: { "x-consul-token": token },
          body: JSON.stringify({ Token: token }),
          timeoutMs: 5000,
          signal: stop,
        });
        if (answer.status !== 200) throw new Error(`status ${answer.status}: ${answer.body}`);
      }
      return;
    } catch (error) {
      logError(error);
      await orAborted(clock.sleep(again.nextMs()), stop);
    }
  }
}
