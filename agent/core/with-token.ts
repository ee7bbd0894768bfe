import { aborted, orAborted } from "../../lib/aborted.ts";
import { type Http, type HttpRequest, NoAnswer } from "../../lib/http.ts";
import type { Clock } from "./effects.ts";
import type { ConsulToken } from "./token.ts";

/**
 * Sends each request with the agent's token. The wait for the token counts towards the request's
 * timeout. A refusal is reported: the token may have been replaced.
 */
export const withToken =
  (http: Http, token: ConsulToken, clock: Clock): Http =>
  async (request) => {
    const value = token.peek() ?? (await inTime(token, clock, request));
    const headers = { ...request.headers, "x-consul-token": value };
    const answer = await http({ ...request, headers });
    if (answer.status === 401 || answer.status === 403) token.refused(value);
    return answer;
  };

/** @throws NoAnswer where the token is not known before the request's time is over. */
async function inTime(
  token: ConsulToken,
  clock: Clock,
  { timeoutMs, signal = new AbortController().signal }: HttpRequest,
): Promise<string> {
  const tooLate = clock.sleep(timeoutMs).then(() => undefined);
  const value = await orAborted(Promise.race([token.known(), tooLate]), signal);
  if (value === aborted) throw new NoAnswer("the request was aborted", false);
  if (value === undefined) throw new NoAnswer("the agent has no token yet", false);
  return value;
}
