import type { Http } from "../../protocol/http.ts";
import { describe } from "../../protocol/problem.ts";
import type { Clock, Log } from "../effects.ts";

const retryMs = 1000;

/**
 * Gives this machine's Consul client its own token, which its configuration cannot hold: user
 * data is no place for secrets. The client keeps it (`enable_token_persistence`).
 */
export async function setClientToken(on: {
  readonly url: string;
  readonly token: string;
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<void> {
  const { url, token, http, clock, log } = on;
  let said = false;
  for (;;) {
    try {
      for (const kind of ["agent", "default"]) {
        const answer = await http({
          method: "PUT",
          url: `${url}/v1/agent/token/${kind}`,
          headers: { "x-consul-token": token },
          body: JSON.stringify({ Token: token }),
          timeoutMs: 5000,
        });
        if (answer.status !== 200) throw new Error(`status ${answer.status}: ${answer.body}`);
      }
      return;
    } catch (error) {
      if (!said) log("consul-client.wait", { error: describe(error) });
      said = true;
      await clock.sleep(retryMs);
    }
  }
}
